import { Query, Resolver } from '@nestjs/graphql';
import { CurrentViewer, type Viewer } from '../door/viewer.decorator.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';
import { User } from './user.model.js';
import { UserService } from './user.service.js';

@Resolver(() => User)
export class UserResolver {
  constructor(private readonly users: UserService) {}

  @Query(() => User, { description: 'The logged-in user with the balance of this moment.' })
  async me(@CurrentViewer() viewer: Viewer): Promise<User> {
    const user = await this.users.find(viewer.ownerId);
    if (!user) throw new Unauthenticated();
    return User.of(user);
  }
}
