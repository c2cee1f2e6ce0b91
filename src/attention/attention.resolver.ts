import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Operators } from '../door/access.decorator.js';
import { BehindOurDoor } from '../door/door.guard.js';
import { CurrentViewer, type Viewer } from '../door/viewer.decorator.js';
import { ARGS_OF_PAGE, type PageArgs, readPage } from '../graphql/connection.js';
import { RESOLUTION_MAX_LENGTH } from './attention.entity.js';
import { AttentionConnection, AttentionModel } from './attention.model.js';
import { AttentionService } from './attention.service.js';

const ATTENTION_ID = /^[0-9A-Z]{26}$/;

@BehindOurDoor()
@Resolver(() => AttentionModel)
export class AttentionResolver {
  constructor(private readonly service: AttentionService) {}

  @Operators()
  @Query(() => AttentionConnection, {
    description: 'For operators: what a person must decide, newest first. Refused with FORBIDDEN.',
  })
  async attentions(
    @Args(ARGS_OF_PAGE) page: Readonly<PageArgs>,
    @Args('open', {
      type: () => Boolean,
      nullable: true,
      description: 'true: those that nobody has resolved; false: the others; left out: all.',
    })
    open: boolean | null | undefined,
  ): Promise<AttentionConnection> {
    const read = async (count: number, before: string | undefined) =>
      (await this.service.page(open ?? undefined, count, before)).map((row) => AttentionModel.of(row));
    return readPage(page, ATTENTION_ID, read, ({ id }) => id);
  }

  @Operators()
  @Mutation(() => AttentionModel, {
    description:
      'For operators: says that one was dealt with, and how. It moves no money and changes nothing else. Of several the first ' +
      'one counts, and the others get what it wrote. Refused with FORBIDDEN or BAD_USER_INPUT.',
  })
  async resolveAttention(
    @Args('id', { type: () => ID, description: '`id` of one of `attentions`.' }) id: string,
    @Args('note', {
      description: `What was done, in 1 to ${RESOLUTION_MAX_LENGTH} characters. No personal data.`,
    })
    note: string,
    @CurrentViewer() viewer: Viewer,
  ): Promise<AttentionModel> {
    return AttentionModel.of(await this.service.resolve(id, viewer.ownerId, note));
  }
}
