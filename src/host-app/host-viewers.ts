import { Injectable } from '@nestjs/common';
import type { Roles } from '../door/roles.js';
import type { Viewer } from '../door/viewer.js';
import type { GraphqlContext } from '../graphql/context.js';
import type { Buyer, Buyers } from '../payment/buyers.js';
import type { KnownOwners } from '../point-account/known-owners.js';

/** What is known of people who are an app's own: of the caller what the app says, and of all others nothing. */
@Injectable()
export class HostViewers implements Buyers, KnownOwners, Roles {
  async findBuyer({ req: { pointsViewer: viewer } }: GraphqlContext, ownerId: string): Promise<Buyer> {
    const said = viewer?.ownerId === ownerId ? viewer.said : undefined;
    return { name: said?.name ?? null, email: said?.email ?? null };
  }

  async isOperator({ said }: Viewer): Promise<boolean> {
    return said?.isOperator ?? false;
  }

  async among(ownerIds: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(ownerIds);
  }
}
