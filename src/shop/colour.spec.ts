import { describe, expect, test } from '@jest/globals';
import { carriesWhiteText, contrast, nearestForWhiteText, paletteOf } from './colour.js';

const COLOURS = ['#000000', '#5b3fd1', '#767676', '#0000ff', '#c2410c', '#00796b', '#1f2530', '#800000'];

describe('contrast', () => {
  test('is that of WCAG', () => {
    expect(contrast('#ffffff', '#000000')).toBeCloseTo(21, 5);
    expect(contrast('#abcdef', '#abcdef')).toBe(1);
    // Known pairs: the lightest grey that passes, and the next one.
    expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  });

  test('of 4.5 is enough for white text, and less is not', () => {
    expect(carriesWhiteText('#767676')).toBe(true);
    expect(carriesWhiteText('#777777')).toBe(false);
  });
});

describe('the nearest colour for white text', () => {
  test('is the colour itself where it carries it', () => {
    expect(nearestForWhiteText('#5b3fd1')).toBe('#5b3fd1');
  });

  test.each(['#ffffff', '#ffff00', '#ff6600', '#00c73c', '#777777', '#fee500'])(
    'of %s carries it, and a little lighter would not',
    (colour) => {
      const nearest = nearestForWhiteText(colour);

      expect(nearest).toMatch(/^#[0-9a-f]{6}$/);
      expect(contrast(nearest, '#ffffff')).toBeGreaterThanOrEqual(4.5);
      expect(contrast(nearest, '#ffffff')).toBeLessThan(4.65);
    },
  );

  test('keeps the hue', () => {
    expect(nearestForWhiteText('#ffffff')).toBe('#767676');
    expect(nearestForWhiteText('#ff0000')).toMatch(/^#[0-9a-f]{2}0000$/);
  });
});

describe('the palette of a shop’s colour', () => {
  test.each(COLOURS)('of %s can be read in light and dark', (colour) => {
    const palette = paletteOf(colour);

    expect(palette.brand).toBe(colour);
    for (const [text, ground] of [
      ['#ffffff', palette.brand],
      ['#ffffff', palette['brand-strong']],
      [palette.link, palette['brand-tint']],
      [palette.link, '#f3f5f9'],
      [palette.link, '#ffffff'],
      ['#ffffff', palette['brand-dark']],
      ['#ffffff', palette['brand-strong-dark']],
      [palette['link-dark'], palette['brand-tint-dark']],
      [palette['link-dark'], '#181c25'],
    ] as const) {
      if (contrast(text, ground) < 4.5) throw new Error(`${text} on ${ground} is hard to read`);
    }
    expect(contrast(palette['brand-dark'], '#181c25')).toBeGreaterThanOrEqual(3);
  });
});
