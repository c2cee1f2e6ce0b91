import { Query, Resolver } from '@nestjs/graphql';
import { CurrentViewer, type Viewer } from '../door/viewer.decorator.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';
import { UserModel } from './user.model.js';
import { UserService } from './user.service.js';

@Resolver(() => UserModel)
export class UserResolver {
  constructor(private readonly users: UserService) {}

  @Query(() => UserModel, { description: 'The logged-in user with the balance of this moment.' })
  async me(@CurrentViewer() viewer: Viewer): Promise<UserModel> {
    const user = await this.users.find(viewer.ownerId);
    if (!user) throw new Unauthenticated();
    return UserModel.of(user);
  }
}
