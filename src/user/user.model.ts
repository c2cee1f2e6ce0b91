import { Field, GraphQLISODateTime, ID, Int, ObjectType } from '@nestjs/graphql';
import type { User as StoredUser } from './user.entity.js';

@ObjectType('User', { description: 'A person of the service and their points.' })
export class UserModel {
  @Field(() => ID, { description: 'Never changes; sorts by the time of sign-up.' })
  id!: string;

  @Field({ description: 'What the user logs in with, in lower case. Nobody else has it.' })
  email!: string;

  @Field({ description: 'As the user wrote it at sign-up. The payment window shows it as the buyer.' })
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

  @Field(() => GraphQLISODateTime, { description: 'When the user signed up.' })
  createdAt!: Date;

  static of(user: StoredUser): UserModel {
    const { id, email, name, point, heldPoint, createdAt } = user;
    return { id, email, name, point, heldPoint, availablePoint: point - heldPoint, createdAt };
  }
}
