import { Field, GraphQLISODateTime, ID, Int, ObjectType } from '@nestjs/graphql';
import type { User as StoredUser } from './user.entity.js';

@ObjectType({ description: 'A person of the service and their points.' })
export class User {
  @Field(() => ID)
  id!: string;

  @Field()
  email!: string;

  @Field()
  name!: string;

  @Field(() => Int, {
    description:
      'Balance in whole points; 1 point is 1 won. It is the sum of `amount` of all point transactions. Below zero it is a debt, ' +
      'which the next top-up fills.',
  })
  point!: number;

  @Field(() => Int, { description: 'The part of `point` that open cancellations have reserved.' })
  heldPoint!: number;

  @Field(() => Int, { description: 'What can be spent or cancelled now: `point` less `heldPoint`.' })
  availablePoint!: number;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;

  static of(user: StoredUser): User {
    const { id, email, name, point, heldPoint, createdAt } = user;
    return { id, email, name, point, heldPoint, availablePoint: point - heldPoint, createdAt };
  }
}
