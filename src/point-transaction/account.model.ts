import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { availablePoint, type Balance } from '../point-account/accounts.js';

@ObjectType('PointAccount', { description: 'The points of one owner.' })
export class PointAccountModel {
  @Field(() => ID, { description: 'Whose they are.' })
  ownerId!: string;

  @Field(() => Int, {
    description: 'Whole points; 1 point is 1 won. Below zero it is a debt, which the next top-up fills.',
  })
  point!: number;

  @Field(() => Int, { description: 'The part of `point` that open cancellations and holds have reserved.' })
  heldPoint!: number;

  @Field(() => Int, { description: 'What can be spent or cancelled now: `point` less `heldPoint`.' })
  availablePoint!: number;

  /** @param account null as long as there is none, which is one without points. */
  static of(ownerId: string, account: Balance | null): PointAccountModel {
    const { point, heldPoint } = account ?? { point: 0, heldPoint: 0 };
    return { ownerId, point, heldPoint, availablePoint: availablePoint({ point, heldPoint }) };
  }
}
