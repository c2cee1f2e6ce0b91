// A shop of its own, with people, a guard, a data source and a schema, that has the points in it.
import 'reflect-metadata';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  Module,
  UnauthorizedException,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import {
  Args,
  Context,
  Field,
  GqlExecutionContext,
  GraphQLModule,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from '@nestjs/graphql';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import Database from 'libsql';
import { Points, POINTS_MIGRATIONS, PointsModule } from 'point-top-up';
import {
  Column,
  DataSource,
  Entity,
  type MigrationInterface,
  PrimaryColumn,
  type QueryRunner,
} from 'typeorm';

@ObjectType()
@Entity('user')
class User {
  @Field(() => ID)
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Field()
  @Column({ type: 'varchar' })
  name!: string;
}

class MakeUsers1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE "user" ("id" varchar PRIMARY KEY NOT NULL, "name" varchar NOT NULL)');
    await runner.query(`INSERT INTO "user" VALUES ('kim', '김하나'), ('lee', '이둘'), ('boss', '박사장')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "user"');
  }
}

/** `Authorization: Bearer kim`: the shop's login is nobody's business here. */
@Injectable()
class LoginGuard implements CanActivate {
  constructor(private readonly dataSource: DataSource) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType<string>() !== 'graphql') return true;
    const { req } = GqlExecutionContext.create(context).getContext<{ req: Asked }>();
    const id = req.headers.authorization?.replace('Bearer ', '');
    // The points know the keys of other servers themselves.
    if (id === undefined || id.startsWith('psk_')) return true;
    const user = await this.dataSource.manager.findOneBy(User, { id });
    if (!user) throw new UnauthorizedException();
    req.user = user;
    return true;
  }
}

interface Asked {
  headers: { authorization?: string };
  user?: User;
}

@Resolver(() => User)
class ShopResolver {
  constructor(private readonly points: Points) {}

  @Query(() => User, { nullable: true })
  me(@Context() { req }: { req: Asked }): User | null {
    return req.user ?? null;
  }

  @Query(() => String)
  brokenField(): string {
    throw new Error('the shop’s own words');
  }

  @Mutation(() => Int, { description: 'Buys a hat for 3,000 points. Gives the balance.' })
  async buyHat(@Context() { req }: { req: Asked }, @Args('order') order: string): Promise<number> {
    const row = await this.points.spend({
      ownerId: req.user?.id ?? '',
      amount: 3000,
      reason: '모자',
      reference: order,
      idempotencyKey: order,
    });
    return row.balanceAfter;
  }
}

@Resolver()
class ClashingResolver {
  @Query(() => String)
  payment(): string {
    return 'a field of the shop that is called like one of the points';
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      driver: Database,
      database: process.env['DATABASE_FILE'] ?? 'shop.db',
      entities: [User],
      migrations: [MakeUsers1700000000000, ...POINTS_MIGRATIONS],
      migrationsRun: process.env['MIGRATE'] !== 'no',
    }),
    GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
    PointsModule.forRoot({
      publicUrl: 'http://localhost:3000',
      // The points lie in the shop's database, or in one of their own.
      ...(process.env['POINTS_DATABASE_URL']
        ? { databaseUrl: process.env['POINTS_DATABASE_URL'] }
        : { dataSource: DataSource }),
      viewerOf: (context) => {
        const { req } = GqlExecutionContext.create(context).getContext<{ req: Asked }>();
        const { user } = req;
        return user
          ? { ownerId: user.id, name: user.name, roles: user.id === 'boss' ? ['operator'] : [] }
          : null;
      },
      iamportApiKey: process.env['IAMPORT_API_KEY'],
      iamportApiSecret: process.env['IAMPORT_API_SECRET'],
      iamportUserCode: process.env['IAMPORT_USER_CODE'],
      iamportChannelKey: process.env['IAMPORT_CHANNEL_KEY'],
      iamportBaseUrl: process.env['IAMPORT_BASE_URL'],
      iamportTestMode: true,
      paymentMethods: ['card'],
      pointPackages: [5000, '10000:+500'],
      recoveryIntervalMs: 60_000,
    }),
  ],
  providers: [
    { provide: APP_GUARD, useClass: LoginGuard },
    ShopResolver,
    ...(process.env['CLASH'] ? [ClashingResolver] : []),
  ],
})
class ShopModule {}

const app = await NestFactory.create<NestFastifyApplication>(ShopModule, new FastifyAdapter(), {
  logger: ['log', 'warn', 'error'],
  abortOnError: false,
});
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
console.log(`listening at ${await app.getUrl()}`);
