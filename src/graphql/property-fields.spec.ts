import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import {
  Field,
  GraphQLSchemaBuilderModule,
  GraphQLSchemaFactory,
  ObjectType,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { type GraphQLObjectType, graphql } from 'graphql';
import { withPlainPropertyFields } from './property-fields.js';

@ObjectType()
class Parcel {
  @Field(() => String)
  plain!: string;

  @Field(() => String, { name: 'outside' })
  inside!: string;

  @Field(() => String, { defaultValue: 'nothing' })
  withDefault?: string;

  @Field(() => String)
  asked!: string;
}

@Resolver(() => Parcel)
class ParcelResolver {
  @Query(() => Parcel)
  parcel(): Parcel {
    return Object.assign(new Parcel(), { plain: 'a', inside: 'b', asked: 'c' });
  }

  @ResolveField(() => String)
  asked(): string {
    return 'answered';
  }
}

describe("Nest's function on a field", () => {
  async function schemaOfNest() {
    const app = await NestFactory.createApplicationContext(GraphQLSchemaBuilderModule, { logger: false });
    const schema = await app.get(GraphQLSchemaFactory).create([ParcelResolver]);
    await app.close();
    return schema;
  }

  test('is taken off where it only reads the property of that name', async () => {
    const schema = await schemaOfNest();
    const { plain } = (schema.getType('Parcel') as GraphQLObjectType).getFields();
    expect(plain?.resolve).toBeInstanceOf(Function);

    withPlainPropertyFields(schema);

    expect(plain?.resolve).toBe(undefined);
  });

  test('stays where it reads another property or knows a default', async () => {
    const schema = withPlainPropertyFields(await schemaOfNest());

    const { data } = await graphql({
      schema,
      source: '{ parcel { plain outside withDefault } }',
      rootValue: { parcel: { plain: 'a', inside: 'b' } },
    });

    expect(data).toEqual({ parcel: { plain: 'a', outside: 'b', withDefault: 'nothing' } });
  });

  test("of a resolver's own stays, and is not called to find that out", async () => {
    const schema = await schemaOfNest();
    const { asked } = (schema.getType('Parcel') as GraphQLObjectType).getFields();
    let calls = 0;
    const own = () => ++calls;
    if (asked) asked.resolve = own;

    withPlainPropertyFields(schema);

    expect(asked?.resolve).toBe(own);
    expect(calls).toBe(0);
  });
});
