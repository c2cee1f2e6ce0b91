import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import type { DataSource } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { Operators } from '../door/access.decorator.js';
import { BehindOurDoor } from '../door/door.guard.js';
import { ARGS_OF_PAGE, type PageArgs, readPage } from '../graphql/connection.js';
import {
  ComparisonConnection,
  ComparisonModel,
  DifferenceConnection,
  DifferenceModel,
} from './comparison.model.js';
import { pageOfComparisons, pageOfDifferences } from './comparisons.js';
import { DifferenceState } from './difference.entity.js';

/** A day and a gateway. */
const COMPARISON_KEY = /^\d{4}-\d{2}-\d{2} [a-z0-9-]{1,20}$/;
const DIFFERENCE_ID = /^[0-9A-Z]{26}$/;

@BehindOurDoor()
@Resolver(() => ComparisonModel)
export class ComparisonResolver {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  @Operators()
  @Query(() => ComparisonConnection, {
    description:
      'For operators: the days that were or will be compared with the gateway, newest first. Refused with FORBIDDEN.',
  })
  async comparisons(@Args(ARGS_OF_PAGE) page: Readonly<PageArgs>): Promise<ComparisonConnection> {
    const read = async (count: number, before: string | undefined) =>
      (await pageOfComparisons(this.dataSource, count, before)).map((row) => ComparisonModel.of(row));
    return readPage(page, COMPARISON_KEY, read, ({ day, gateway }) => `${day} ${gateway}`);
  }

  @Operators()
  @Query(() => DifferenceConnection, {
    description: 'For operators: what comparisons found, newest first. Refused with FORBIDDEN.',
  })
  async comparisonDifferences(
    @Args(ARGS_OF_PAGE) page: Readonly<PageArgs>,
    @Args('comparisonId', {
      type: () => ID,
      nullable: true,
      description: '`id` of one of `comparisons`; left out: of all.',
    })
    comparisonId: string | null | undefined,
    @Args('state', { type: () => DifferenceState, nullable: true, description: 'Only these; left out: all.' })
    state: DifferenceState | null | undefined,
  ): Promise<DifferenceConnection> {
    const which = { ...(comparisonId ? { comparisonId } : {}), ...(state ? { state } : {}) };
    const read = async (count: number, before: string | undefined) =>
      (await pageOfDifferences(this.dataSource, which, count, before)).map((row) => DifferenceModel.of(row));
    return readPage(page, DIFFERENCE_ID, read, ({ id }) => id);
  }
}
