import { Field, GraphQLISODateTime, ID, Int, ObjectType } from '@nestjs/graphql';
import { availablePoint, type Balance } from '../point-account/accounts.js';
import type { Person } from './user.service.js';

@ObjectType('User', { description: 'A person of the service and their points.' })
export class UserModel {
  @Field(() => ID, { description: 'Never changes; sorts by the time of sign-up.' })
  id!: string;

  @Field(() => String, { description: 'What the user logs in with, in lower case. Nobody else has it.' })
  email!: Promise<string> | string;

  @Field(() => String, {
    description: 'As the user wrote it at sign-up. The payment window shows it as the buyer.',
  })
  name!: Promise<string> | string;

  @Field(() => Int, {
    description:
      'Balance in whole points; 1 point is 1 won. It is the sum of `amount` of all point transactions. Below zero it is a debt, ' +
      'which the next top-up fills.',
  })
  point!: number;

  @Field(() => Int, { description: 'The part of `point` that open cancellations and holds have reserved.' })
  heldPoint!: number;

  @Field(() => Int, { description: 'What can be spent or cancelled now: `point` less `heldPoint`.' })
  availablePoint!: number;

  @Field(() => GraphQLISODateTime, { description: 'When the user signed up.' })
  createdAt!: Promise<Date> | Date;

  static of(person: Person): UserModel {
    const { id, email, name, createdAt } = person;
    return { id, email, name, createdAt, ...pointsOf(person) };
  }

  /** For a balance that was read anyway: who they are is read only for a caller who asks for that, too. */
  static withBalance(account: Balance & { ownerId: string }, read: () => Promise<Person>): UserModel {
    return {
      id: account.ownerId,
      ...pointsOf(account),
      get email() {
        return read().then(({ email }) => email);
      },
      get name() {
        return read().then(({ name }) => name);
      },
      get createdAt() {
        return read().then(({ createdAt }) => createdAt);
      },
    };
  }
}

function pointsOf(balance: Balance): Pick<UserModel, 'availablePoint' | 'heldPoint' | 'point'> {
  const { point, heldPoint } = balance;
  return { point, heldPoint, availablePoint: availablePoint(balance) };
}
