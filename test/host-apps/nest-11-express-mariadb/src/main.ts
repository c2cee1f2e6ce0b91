// A shop that compiles to CommonJS, with a prefix, a guard at each of its own resolvers and a ValidationPipe, that has the
// points in it.
import 'reflect-metadata';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  Module,
  UnauthorizedException,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
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
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { Points, POINTS_MIGRATIONS, PointsModule } from 'point-top-up';
import {
  Column,
  type DataSource,
  Entity,
  type MigrationInterface,
  PrimaryColumn,
  type QueryRunner,
} from 'typeorm';

@ObjectType()
@Entity('user')
class User {
  @Field(() => ID)
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Field()
  @Column({ type: 'varchar', length: 100 })
  name!: string;
}

class MakeUsers1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE `user` (`id` int PRIMARY KEY, `name` varchar(100) NOT NULL)');
    await runner.query("INSERT INTO `user` VALUES (1, '김하나'), (2, '이둘'), (3, '박사장')");
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE `user`');
  }
}

interface Asked {
  headers: { authorization?: string };
  user?: User;
}

const askedOf = (context: ExecutionContext) =>
  GqlExecutionContext.create(context).getContext<{ req: Asked }>().req;

/** `Authorization: Bearer kim`: the shop's login is nobody's business here. */
const IDS: Record<string, number> = { kim: 1, lee: 2, boss: 3 };

@Injectable()
class People {
  constructor(@Inject(getDataSourceToken('shop')) private readonly dataSource: DataSource) {}

  async find(token: string | undefined): Promise<User | null> {
    return this.dataSource.manager.findOneBy(User, { id: IDS[token?.replace('Bearer ', '') ?? ''] ?? 0 });
  }
}

@Module({ providers: [People], exports: [People] })
class PeopleModule {}

@Injectable()
class LoginGuard implements CanActivate {
  constructor(private readonly people: People) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const asked = askedOf(context);
    const user = await this.people.find(asked.headers.authorization);
    if (!user) throw new UnauthorizedException();
    asked.user = user;
    return true;
  }
}

@Resolver(() => User)
class ShopResolver {
  constructor(private readonly points: Points) {}

  @UseGuards(LoginGuard)
  @Query(() => User, { nullable: true })
  me(@Context() { req }: { req: Asked }): User | null {
    return req.user ?? null;
  }

  @Query(() => String)
  brokenField(): string {
    throw new Error('the shop’s own words');
  }

  @UseGuards(LoginGuard)
  @Mutation(() => Int, { description: 'Buys a hat for 3,000 points. Gives the balance.' })
  async buyHat(@Context() { req }: { req: Asked }, @Args('order') order: string): Promise<number> {
    const row = await this.points.spend({
      ownerId: String(req.user?.id),
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
      name: 'shop',
      type: 'mariadb',
      url: process.env['DATABASE_URL'] ?? '',
      entities: [User],
      migrations: [MakeUsers1700000000000, ...POINTS_MIGRATIONS],
      migrationsTableName: 'shop_migrations',
      migrationsRun: process.env['MIGRATE'] !== 'no',
      retryAttempts: 0,
    }),
    GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
    PeopleModule,
    PointsModule.forRootAsync({
      imports: [ConfigModule.forRoot(), PeopleModule],
      inject: [ConfigService],
      // The points lie in the shop's database, or in one of their own.
      dataSource: process.env['POINTS_DATABASE_URL'] ? undefined : getDataSourceToken('shop'),
      guard: LoginGuard,
      useFactory: async (config: ConfigService) => ({
        publicUrl: 'http://localhost:3000',
        globalPrefix: 'shop',
        checkoutPageUrl: 'http://localhost:3000/points',
        databaseUrl: config.get('POINTS_DATABASE_URL'),
        viewerOf: (context) => {
          const { user } = askedOf(context);
          return user ? { ownerId: String(user.id), roles: user.id === 3 ? ['operator'] : [] } : null;
        },
        iamportApiKey: config.getOrThrow('IAMPORT_API_KEY'),
        iamportApiSecret: config.getOrThrow('IAMPORT_API_SECRET'),
        iamportUserCode: config.getOrThrow('IAMPORT_USER_CODE'),
        iamportChannelKey: config.getOrThrow('IAMPORT_CHANNEL_KEY'),
        iamportBaseUrl: config.getOrThrow('IAMPORT_BASE_URL'),
        iamportTestMode: true,
        paymentMethods: 'card',
        recoveryIntervalMs: 60_000,
      }),
    }),
  ],
  providers: [ShopResolver, ...(process.env['CLASH'] ? [ClashingResolver] : [])],
})
class ShopModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(ShopModule, { logger: ['log', 'warn', 'error'], abortOnError: false });
  app.setGlobalPrefix('shop');
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  console.log(`listening at ${await app.getUrl()}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
