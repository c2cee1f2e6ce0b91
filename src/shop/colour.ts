/** Colours as `#rrggbb`. Luminance and contrast are those of WCAG 2. */

/** What WCAG asks of text of a usual size. */
export const CONTRAST_OF_TEXT_MIN = 4.5;
/** What WCAG asks of the shape of a button. */
const CONTRAST_OF_SHAPE_MIN = 3;
const MIXING_STEPS = 100;

const WHITE = '#ffffff';
const BLACK = '#000000';
/** Grounds of payment.css on which the colour stands, light and dark. */
const LIGHT_GROUND = '#f3f5f9';
const DARK_SURFACE = '#181c25';

/** From 0 (black) to 1 (white). */
export function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channelsOf(colour).map(toLight);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From 1 (the same) to 21 (black and white). */
export function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

export function carriesWhiteText(colour: string): boolean {
  return contrast(colour, WHITE) >= CONTRAST_OF_TEXT_MIN;
}

/** The same hue, no darker than it has to be for white text; the colour itself where it carries that already. */
export function nearestForWhiteText(colour: string): string {
  if (carriesWhiteText(colour)) return colour;
  const lightest = (1 + 0.05) / CONTRAST_OF_TEXT_MIN - 0.05;
  const share = lightest / luminance(colour);
  // Rounded down, so that it never is a little too light.
  return hexOf(channelsOf(colour).map((channel) => Math.floor(fromLight(toLight(channel) * share))));
}

/** What the page makes of a shop's colour, as values of CSS variables of payment.css. */
export interface Palette {
  brand: string;
  'brand-strong': string;
  'brand-tint': string;
  link: string;
  'brand-dark': string;
  'brand-strong-dark': string;
  'brand-tint-dark': string;
  'link-dark': string;
}

/** @param colour one that {@link carriesWhiteText}. */
export function paletteOf(colour: string): Palette {
  const tint = mixed(colour, WHITE, 0.92);
  const darkTint = mixed(colour, DARK_SURFACE, 0.75);
  // A button that is as dark as the page would not be seen.
  const darkBrand = mixedUntil(colour, WHITE, (one) => contrast(one, DARK_SURFACE) >= CONTRAST_OF_SHAPE_MIN);
  return {
    brand: colour,
    'brand-strong': mixed(colour, BLACK, 0.18),
    'brand-tint': tint,
    link: mixedUntil(colour, BLACK, (one) => isReadOn(one, tint) && isReadOn(one, LIGHT_GROUND)),
    'brand-dark': darkBrand,
    'brand-strong-dark': mixed(darkBrand, BLACK, 0.12),
    'brand-tint-dark': darkTint,
    'link-dark': mixedUntil(colour, WHITE, (one) => isReadOn(one, darkTint) && isReadOn(one, DARK_SURFACE)),
  };
}

function isReadOn(colour: string, ground: string): boolean {
  return contrast(colour, ground) >= CONTRAST_OF_TEXT_MIN;
}

/** The colour with as little of the other one as it takes. */
function mixedUntil(colour: string, other: string, isFine: (mixed: string) => boolean): string {
  for (let step = 0; step <= MIXING_STEPS; step += 1) {
    const tried = mixed(colour, other, step / MIXING_STEPS);
    if (isFine(tried)) return tried;
  }
  return other;
}

/** @param share of the other one, from 0 to 1. */
function mixed(colour: string, other: string, share: number): string {
  const others = channelsOf(other);
  return hexOf(
    channelsOf(colour).map((channel, index) =>
      Math.round(channel * (1 - share) + (others[index] ?? 0) * share),
    ),
  );
}

function channelsOf(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

function hexOf(channels: number[]): string {
  return `#${channels.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** From a channel of sRGB (0 to 255) to its share of light (0 to 1). */
function toLight(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function fromLight(light: number): number {
  return 255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055);
}
