// Loaded before the server (see `startServerThatShowsHandlers`): adds a root field and a route at which nobody wrote who may
// call them, and prints a line `handlers: […]` of every resolver's and controller's method with what its marks say.
import { Controller, Get } from '@nestjs/common';
import { EXCEPTION_FILTERS_METADATA, GUARDS_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer, Reflector } from '@nestjs/core';
import { Query, Resolver, RESOLVER_PROPERTY_METADATA, RESOLVER_TYPE_METADATA } from '@nestjs/graphql';
import 'reflect-metadata';
import { AppModule } from '../../dist/app.module.js';
import { BehindOurDoor } from '../../dist/door/door.guard.js';
import { accessTo, scopeTo } from '../../dist/door/access.decorator.js';

class UnmarkedResolver {
  unmarkedField() {
    return 'for viewers';
  }
}
class UnmarkedController {
  unmarkedRoute() {
    return 'for viewers';
  }
}
decorate(
  UnmarkedResolver,
  'unmarkedField',
  Query(() => String),
  Resolver(),
  BehindOurDoor(),
);
decorate(UnmarkedController, 'unmarkedRoute', Get(), Controller('unmarked'), BehindOurDoor());

/** What the compiler makes of decorators. */
function decorate(type, name, ofMethod, ...ofClass) {
  ofMethod(type.prototype, name, Object.getOwnPropertyDescriptor(type.prototype, name));
  for (const decorator of ofClass) decorator(type);
}

const of = AppModule.of.bind(AppModule);
AppModule.of = (...settings) => {
  const module = of(...settings);
  return {
    ...module,
    controllers: [UnmarkedController],
    providers: [
      ...module.providers,
      UnmarkedResolver,
      {
        provide: 'handlers',
        inject: [ModulesContainer],
        useFactory: (modules) => ({
          onApplicationBootstrap: () => console.log(`handlers: ${JSON.stringify(handlersOf(modules))}`),
        }),
      },
    ],
  };
};

function handlersOf(modules) {
  const reflector = new Reflector();
  const wrappers = [...modules.values()].flatMap(({ providers, controllers }) => [
    ...providers.values(),
    ...controllers.values(),
  ]);
  const classes = new Set(wrappers.map(({ metatype }) => metatype).filter((type) => type?.prototype));
  return [...classes].flatMap((type) =>
    Object.entries(Object.getOwnPropertyDescriptors(type.prototype)).flatMap(([name, { value: method }]) => {
      if (typeof method !== 'function' || name === 'constructor') return [];
      const kind = kindOf(method);
      return kind === undefined
        ? []
        : [
            {
              kind,
              of: type.name,
              name,
              door: doorOf(type),
              access: accessTo(reflector, { getHandler: () => method, getClass: () => type }),
              scope: scopeTo(reflector, { getHandler: () => method }),
            },
          ];
    }),
  );
}

/** Names of the guards and filters of a class. */
function doorOf(type) {
  return [GUARDS_METADATA, EXCEPTION_FILTERS_METADATA].flatMap((key) =>
    (Reflect.getMetadata(key, type) ?? []).map(({ name }) => name),
  );
}

/** `Query`, `Mutation`, `Subscription`, `route`, or `below` for a field that is below a root field. */
function kindOf(method) {
  if (Reflect.getMetadata(RESOLVER_PROPERTY_METADATA, method)) return 'below';
  return (
    Reflect.getMetadata(RESOLVER_TYPE_METADATA, method) ??
    (Reflect.hasMetadata(PATH_METADATA, method) ? 'route' : undefined)
  );
}
