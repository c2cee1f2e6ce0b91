import { Field, GraphQLISODateTime, ID, Int, ObjectType } from '@nestjs/graphql';
import { availablePoint, type Balance } from '../point-account/accounts.js';
import type { Person } from './people.js';

@ObjectType('PointExpiry', { description: 'Points that are lost on a day if they are not spent before.' })
export class PointExpiryModel {
  @Field({ description: 'A day in Korea, such as `2026-12-31`.' })
  day!: string;

  @Field(() => Int, { description: 'Whole points.' })
  point!: number;
}

@ObjectType('User', { description: 'A person of the service and their points.' })
export class UserModel {
  @Field(() => ID, {
    description: 'Never changes: from our own sign-up, or the id that the shop’s own login gives.',
  })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'What the user logs in with, in lower case; nobody else has it. Where the login is the shop’s own: what the caller’s token says, ' +
      'and null for everybody else.',
  })
  email!: Promise<string | null> | string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'As the user wrote it at sign-up; the payment window shows it as the buyer. Where the login is the shop’s own: what the caller’s ' +
      'token says, and null for everybody else.',
  })
  name!: Promise<string | null> | string | null;

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

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'When the user signed up. Where the login is the shop’s own: when their first order was made or their first points came, null ' +
      'before that.',
  })
  createdAt!: Promise<Date | null> | Date | null;

  static of(person: Person): UserModel {
    const { id, email, name, createdAt } = person;
    return { id, email, name, createdAt, ...pointsOf(person) };
  }

  /** For a balance that was read anyway: who they are is read only for a caller who asks for that, too. */
  static withBalance(account: Balance & { ownerId: string }, read: () => Promise<Person>): UserModel {
    return new UserOfAccount(account, read);
  }
}

/** A class and no literal with getters: V8 keeps all that those of a literal reach until a full collection. */
class UserOfAccount implements UserModel {
  readonly id: string;
  readonly point: number;
  readonly heldPoint: number;
  readonly availablePoint: number;

  constructor(
    account: Balance & { ownerId: string },
    private readonly read: () => Promise<Person>,
  ) {
    this.id = account.ownerId;
    this.point = account.point;
    this.heldPoint = account.heldPoint;
    this.availablePoint = availablePoint(account);
  }

  get email() {
    return this.read().then(({ email }) => email);
  }

  get name() {
    return this.read().then(({ name }) => name);
  }

  get createdAt() {
    return this.read().then(({ createdAt }) => createdAt);
  }
}

function pointsOf(balance: Balance): Pick<UserModel, 'availablePoint' | 'heldPoint' | 'point'> {
  const { point, heldPoint } = balance;
  return { point, heldPoint, availablePoint: availablePoint(balance) };
}
