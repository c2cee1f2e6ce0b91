import { Inject } from '@nestjs/common';
import { Query, Resolver } from '@nestjs/graphql';
import { BehindOurDoor } from '../door/door.guard.js';
import { CurrentViewer, type Viewer } from '../door/viewer.decorator.js';
import { PEOPLE, type People } from './people.js';
import { UserModel } from './user.model.js';

@BehindOurDoor()
@Resolver(() => UserModel)
export class UserResolver {
  constructor(@Inject(PEOPLE) private readonly people: People) {}

  @Query(() => UserModel, { description: 'The logged-in user with the balance of this moment.' })
  async me(@CurrentViewer() viewer: Viewer): Promise<UserModel> {
    return UserModel.of(await this.people.caller(viewer));
  }
}
