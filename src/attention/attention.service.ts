import { Injectable } from '@nestjs/common';
import { type DataSource, IsNull, LessThan, Not } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { BadUserInput } from '../refusal/refusal.js';
import { Attention, RESOLUTION_MAX_LENGTH } from './attention.entity.js';

/** Sorts after each id. */
const AFTER_ALL = '~';

/** What operators see and say of it. The rooms that raise it do so by themselves (see raise.ts). */
@Injectable()
export class AttentionService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Newest first. @param open all of them when it is not said. @param before only those with a smaller id. */
  async page(open: boolean | undefined, count: number, before: string | undefined): Promise<Attention[]> {
    return this.dataSource.manager.find(Attention, {
      where: {
        id: LessThan(before ?? AFTER_ALL),
        ...(open !== undefined && { resolvedAt: open ? IsNull() : Not(IsNull()) }),
      },
      order: { id: 'DESC' },
      take: count,
    });
  }

  /**
   * The first one to resolve it has resolved it; another one is told what the first one wrote.
   *
   * @param operatorId who says so.
   * @throws {BadUserInput} there is no such one, or the note is empty or too long; nothing was changed.
   */
  async resolve(id: string, operatorId: string, note: string): Promise<Attention> {
    const resolution = note.trim();
    if (resolution === '' || resolution.length > RESOLUTION_MAX_LENGTH) {
      throw new BadUserInput('note', {
        ko: `note에 무엇을 했는지 1자 이상 ${RESOLUTION_MAX_LENGTH}자 이하로 적어 주세요.`,
        en: `Say in \`note\` what was done, in 1 to ${RESOLUTION_MAX_LENGTH} characters.`,
      });
    }
    const { manager } = this.dataSource;
    const isOpen = { id, resolvedAt: IsNull() };
    await manager.update(Attention, isOpen, { resolvedAt: new Date(), resolvedBy: operatorId, resolution });
    const attention = await manager.findOneBy(Attention, { id });
    if (attention) return attention;
    throw new BadUserInput('id', {
      ko: '그런 확인 필요 항목이 없습니다. attentions의 id를 그대로 보내 주세요.',
      en: 'There is no such attention. Send the `id` of `attentions` as it is.',
    });
  }
}
