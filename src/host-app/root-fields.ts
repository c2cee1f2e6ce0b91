import type { OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { TypeMetadataStorage } from '@nestjs/graphql';
import { StartError } from '../config/start-error.js';
import { isBehindOurDoor } from '../door/door.guard.js';

/** Two resolvers wrote one root field: the schema would silently have the later one. */
class RootFieldTwice extends StartError {}

/** Our root fields have their names for ever, and an app has names of its own. Types cannot meet: ours are Point…. */
@Injectable()
export class RootFields implements OnApplicationBootstrap {
  /** When all decorators have been read. @throws {StartError} */
  onApplicationBootstrap(): void {
    const fields = [
      ...TypeMetadataStorage.getQueriesMetadata().map((field) => ({ kind: 'Query', field })),
      ...TypeMetadataStorage.getMutationsMetadata().map((field) => ({ kind: 'Mutation', field })),
    ].map(({ kind, field: { schemaName, target } }) => ({ name: `${kind}.${schemaName}`, target }));
    const ours = new Set(fields.filter(({ target }) => isBehindOurDoor(target)).map(({ name }) => name));
    const twice = fields.filter(({ name, target }) => ours.has(name) && !isBehindOurDoor(target));
    if (twice.length === 0) return;
    const names = twice.map(({ name, target }) => `${name} (${target.name})`).join(', ');
    throw new RootFieldTwice({
      ko: `앱의 GraphQL 필드가 포인트의 필드와 이름이 같습니다: ${names}. 앱의 필드 이름을 바꾸세요.`,
      en: `GraphQL fields of your app are called like fields of the points: ${names}. Give yours other names.`,
    });
  }
}
