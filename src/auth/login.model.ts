import { Field, GraphQLISODateTime, ObjectType } from '@nestjs/graphql';
import { UserModel } from '../user/user.model.js';

@ObjectType({ description: 'Who logged in, and the token that proves it for the next minutes.' })
export class Login {
  @Field({
    description:
      'Send it as `Authorization: Bearer …`. Keep it in memory, not in storage: restoreAccessToken gives a new one after a reload.',
  })
  accessToken!: string;

  @Field(() => GraphQLISODateTime, { description: 'When `accessToken` ends, 15 minutes after it was given.' })
  expiresAt!: Date;

  @Field(() => UserModel, { description: 'Who logged in.' })
  user!: UserModel;
}
