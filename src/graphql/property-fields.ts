import { type GraphQLField, type GraphQLSchema, isObjectType } from 'graphql';

/** What Nest calls the function that it puts on each field of an object type (@nestjs/graphql 14; a test holds it). */
const NESTS_NAME = 'rootFieldResolver';

/**
 * Takes off the schema each of Nest's functions that does no more than read the property of the field's name: graphql-js
 * does the same without a call, and a page of 20 rows has hundreds of fields (docs/adr/0025).
 *
 * @returns the same schema.
 */
export function withPlainPropertyFields(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (readsItsProperty(field)) delete field.resolve;
    }
  }
  return schema;
}

/** Another property's name or a default value is something that graphql-js would not know of. */
function readsItsProperty({ name, resolve }: GraphQLField<unknown, unknown>): boolean {
  // Others are never called here: they could do anything.
  if (resolve?.name !== NESTS_NAME) return false;
  const read = resolve as (source: object) => unknown;
  const value = {};
  return read({ [name]: value }) === value && read({}) === undefined;
}
