import { Field, ObjectType } from '@nestjs/graphql';

@ObjectType('PointPageInfo', { description: 'Where a page of a connection lies.' })
export class PageInfo {
  @Field({ description: 'Whether older rows follow.' })
  hasNextPage!: boolean;

  @Field({ description: 'Always false: pages are read forwards.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first row; null on an empty page.' })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Give it as `after` to get the next page; null on an empty page.',
  })
  endCursor!: string | null;
}
