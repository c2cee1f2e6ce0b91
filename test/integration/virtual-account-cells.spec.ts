import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { proveBooks } from '../../src/verification/books.js';
import {
  type AccountLives,
  accountLives,
  EVENTS,
  type Life,
  type LifeEvent,
  ORDERED,
  type Snapshot,
} from '../support/account-lives.js';
import { faultsInBooks } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';

const KEY = `new:${Buffer.alloc(32, 1).toString('base64')}`;
/** One that closes accounts and refunds at once, and one that closes none and refunds days later. */
const AT_ONCE = 'html5_inicis';
const LATER = 'daou';
type Pg = typeof AT_ONCE | typeof LATER;
const PLAYED_AT_ONCE = 20;
const TABLE_TIMEOUT_MS = 240_000;

const NOTHING: Snapshot = {
  order: 'READY',
  point: 0,
  held: 0,
  rows: [],
  payments: [],
  cancellations: [],
  attentions: [],
};
const CREDITED = { order: 'PAID', point: ORDERED, rows: [ORDERED] };
const GONE = { order: 'PAID', point: 0, rows: [ORDERED, -ORDERED] };

/** A state of an order and its payments: how it looks, and how an order comes there. */
interface State {
  looks: Partial<Snapshot>;
  way: LifeEvent[];
}
const state = (way: LifeEvent[], looks: Partial<Snapshot>): State => ({ way, looks });

const STATES = {
  ordered: state([], {}),
  lapsed: state(['due time over'], { order: 'EXPIRED' }),
  waiting: state(['issued'], { order: 'AWAITING_DEPOSIT', payments: ['READY'] }),
  reported: state(['issued', 'reported as paid in'], { order: 'AWAITING_DEPOSIT', payments: ['READY'] }),
  missed: state(['issued', 'reported as paid in', 'half an hour later'], {
    order: 'AWAITING_DEPOSIT',
    payments: ['READY'],
    attentions: ['DEPOSIT_NOT_SEEN'],
  }),
  'two waiting': state(['issued', 'issued'], { order: 'AWAITING_DEPOSIT', payments: ['READY', 'READY'] }),
  expired: state(['issued', 'due time over'], { order: 'EXPIRED', payments: ['READY'] }),
  closed: state(['issued', 'closed at the payment company'], { order: 'CANCELLED', payments: ['FAILED'] }),
  credited: state(['issued', 'paid in'], { ...CREDITED, payments: ['PAID'] }),
  'credited, another waiting': state(['issued', 'issued', 'paid in'], {
    ...CREDITED,
    payments: ['READY', 'PAID'],
  }),
  'paid twice': state(['issued', 'issued', 'paid in', 'paid in'], {
    ...CREDITED,
    payments: ['PAID', 'PAID'],
    attentions: ['GIVE_BACK_NEEDS_ACCOUNT'],
  }),
  'seen taken back': state(['issued', 'paid in', 'deposit taken back'], { ...CREDITED, payments: ['PAID'] }),
  'closed without its deposit': state(
    ['issued', 'paid in', 'deposit taken back', 'closed at the payment company'],
    { ...CREDITED, payments: ['PAID'] },
  ),
  'taken back': state(['issued', 'paid in', 'deposit taken back', 'a minute later'], {
    ...GONE,
    payments: ['READY'],
  }),
  'paid again': state(['issued', 'paid in', 'deposit taken back', 'a minute later', 'paid in'], {
    ...GONE,
    payments: ['READY'],
    attentions: ['PAID_AGAIN'],
  }),
  refunded: state(['issued', 'paid in', 'refund asked'], {
    ...GONE,
    payments: ['CANCELLED'],
    cancellations: ['DONE'],
  }),
  'refunded outside': state(['issued', 'paid in', 'refunded outside'], { ...GONE, payments: ['CANCELLED'] }),
  'refund not paid yet': state(['issued', 'paid in', 'refund asked'], {
    ...CREDITED,
    held: ORDERED,
    payments: ['PAID'],
    cancellations: ['PENDING'],
  }),
} satisfies Record<string, State>;
type StateName = keyof typeof STATES;
/** Of these the payment company decides whether they can be. */
const PGS_OF: Partial<Record<StateName, Pg[]>> = { refunded: [AT_ONCE], 'refund not paid yet': [LATER] };

/** Where an event leads: a state, perhaps with something of its own. `=` stays. */
type Cell = '=' | StateName | (Partial<Snapshot> & { like: StateName | '=' });
/** What the two payment companies do differently. */
type Cells = Record<LifeEvent, Cell | Record<Pg, Cell>>;

const STAYS = Object.fromEntries(EVENTS.map((event) => [event, '='])) as Record<LifeEvent, '='>;
const closes = (closed: Cell): Record<Pg, Cell> => ({ [AT_ONCE]: closed, [LATER]: '=' });

/** Every event in every state: a cell that is not written here would not compile. */
const TABLE: Record<StateName, Cells> = {
  ordered: { ...STAYS, issued: 'waiting', 'due time over': 'lapsed' },
  // A window may be open longer than an order's time.
  lapsed: { ...STAYS, issued: 'waiting' },
  waiting: {
    ...STAYS,
    issued: 'two waiting',
    'paid in': 'credited',
    'due time over': 'expired',
    'given up': closes('closed'),
    'given up while it is paid in': 'credited',
    'closed at the payment company': 'closed',
  },
  reported: {
    ...STAYS,
    issued: 'two waiting',
    'paid in': 'credited',
    'due time over': 'expired',
    'given up': closes('closed'),
    'given up while it is paid in': 'credited',
    'closed at the payment company': 'closed',
    'half an hour later': 'missed',
  },
  // Its buyer says to have paid: a person looks, whatever becomes of the account, until the deposit is there.
  missed: {
    ...STAYS,
    issued: { like: 'two waiting', attentions: ['DEPOSIT_NOT_SEEN'] },
    'paid in': 'credited',
    'due time over': { like: 'expired', attentions: ['DEPOSIT_NOT_SEEN'] },
    'given up': closes({ like: 'closed', attentions: ['DEPOSIT_NOT_SEEN'] }),
    'given up while it is paid in': 'credited',
    'closed at the payment company': { like: 'closed', attentions: ['DEPOSIT_NOT_SEEN'] },
  },
  'two waiting': {
    ...STAYS,
    issued: { like: '=', payments: ['READY', 'READY', 'READY'] },
    'paid in': 'credited, another waiting',
    'due time over': { like: 'expired', payments: ['READY', 'READY'] },
    'given up': closes({ like: 'closed', payments: ['FAILED', 'FAILED'] }),
    'given up while it is paid in': {
      [AT_ONCE]: { like: 'credited', payments: ['FAILED', 'PAID'] },
      [LATER]: 'credited, another waiting',
    },
    'closed at the payment company': { like: 'waiting', payments: ['READY', 'FAILED'] },
  },
  expired: {
    ...STAYS,
    issued: 'two waiting',
    'paid in': 'credited',
    'given up while it is paid in': 'credited',
    'closed at the payment company': { like: '=', payments: ['FAILED'] },
  },
  closed: { ...STAYS, issued: { like: 'waiting', payments: ['FAILED', 'READY'] } },
  credited: {
    ...STAYS,
    issued: { like: '=', payments: ['PAID', 'READY'] },
    'deposit taken back': 'seen taken back',
    'refund asked': { [AT_ONCE]: 'refunded', [LATER]: 'refund not paid yet' },
    'refund refused': { like: '=', cancellations: ['REFUSED'] },
    'refunded outside': 'refunded outside',
  },
  'credited, another waiting': {
    ...STAYS,
    issued: { like: '=', payments: ['READY', 'PAID', 'READY'] },
    'paid in': 'paid twice',
    'given up while it is paid in': 'paid twice',
    'deposit taken back': '=',
    'refund asked': {
      [AT_ONCE]: { like: 'refunded', payments: ['READY', 'CANCELLED'] },
      [LATER]: { like: 'refund not paid yet', payments: ['READY', 'PAID'] },
    },
    'refund refused': { like: '=', cancellations: ['REFUSED'] },
    'refunded outside': { like: 'refunded outside', payments: ['READY', 'CANCELLED'] },
  },
  'paid twice': {
    ...STAYS,
    issued: { like: '=', payments: ['PAID', 'PAID', 'READY'] },
    'refund asked': {
      [AT_ONCE]: {
        like: 'refunded',
        payments: ['PAID', 'CANCELLED'],
        attentions: ['GIVE_BACK_NEEDS_ACCOUNT'],
      },
      [LATER]: {
        like: 'refund not paid yet',
        payments: ['PAID', 'PAID'],
        attentions: ['GIVE_BACK_NEEDS_ACCOUNT'],
      },
    },
    'refund refused': { like: '=', cancellations: ['REFUSED'] },
    'refunded outside': {
      like: 'refunded outside',
      payments: ['PAID', 'CANCELLED'],
      attentions: ['GIVE_BACK_NEEDS_ACCOUNT'],
    },
  },
  'seen taken back': {
    ...STAYS,
    issued: { like: '=', payments: ['PAID', 'READY'] },
    'paid in': 'credited',
    'given up while it is paid in': 'credited',
    'closed at the payment company': 'closed without its deposit',
    'a minute later': 'taken back',
    'refund asked': { like: '=', cancellations: ['REFUSED'] },
    'refund refused': { like: '=', cancellations: ['REFUSED'] },
  },
  'closed without its deposit': {
    ...STAYS,
    issued: { like: '=', payments: ['PAID', 'READY'] },
    'a minute later': 'taken back',
    'refund asked': { like: '=', cancellations: ['REFUSED'] },
    'refund refused': { like: '=', cancellations: ['REFUSED'] },
  },
  'taken back': {
    ...STAYS,
    issued: { like: '=', payments: ['READY', 'READY'] },
    'paid in': 'paid again',
    'given up while it is paid in': 'paid again',
  },
  'paid again': {
    ...STAYS,
    issued: { like: '=', payments: ['READY', 'READY'] },
    'refunded outside': { like: 'refunded outside', attentions: ['PAID_AGAIN'] },
  },
  refunded: { ...STAYS, issued: { like: '=', payments: ['CANCELLED', 'READY'] } },
  'refunded outside': { ...STAYS, issued: { like: '=', payments: ['CANCELLED', 'READY'] } },
  'refund not paid yet': {
    ...STAYS,
    issued: { like: '=', payments: ['PAID', 'READY'] },
    'refund paid': 'refunded',
    'refunded outside': 'refunded',
  },
};

interface Played {
  name: string;
  from: StateName;
  event: LifeEvent;
  pg: Pg;
  expected: Snapshot;
}

/** Each cell; twice, where the payment companies differ. */
function cells(): Played[] {
  return (Object.keys(STATES) as StateName[]).flatMap((from) =>
    EVENTS.flatMap((event) => {
      const cell = TABLE[from][event];
      const pgs = PGS_OF[from] ?? (typeof cell === 'object' && LATER in cell ? [AT_ONCE, LATER] : [AT_ONCE]);
      return pgs.map((pg) => {
        const to = typeof cell === 'object' && LATER in cell ? cell[pg] : cell;
        const expected = looksOf(from, to);
        const name = `${from}, ${event}, at ${pg}: ${typeof to === 'string' ? to : JSON.stringify(to)}`;
        return { name, from, event, pg, expected };
      });
    }),
  );
}

function looksOf(from: StateName, to: Cell): Snapshot {
  const { like, ...own } = typeof to === 'string' ? { like: to } : to;
  return { ...NOTHING, ...STATES[like === '=' ? from : like].looks, ...own };
}

describeOnEachDatabase('each event in each state of a virtual account', (database) => {
  const played = cells();
  const seen = new Map<Played, { before: Snapshot; after: Snapshot; again: Snapshot; faults: string[] }>();
  let house: GatewayAndRooms;
  let lives: AccountLives;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env, {
      REFUND_ACCOUNT_KEYS: KEY,
      RECOVERY_INTERVAL_MS: '60',
      IAMPORT_TIMEOUT_MS: '30000',
    });
    lives = accountLives(house);
    await house.rooms.recoverWhile(() => some(played, play));
  }, TABLE_TIMEOUT_MS);
  afterAll(() => house.close());

  async function step(life: Life, event: LifeEvent): Promise<void> {
    await lives.happen(event, life);
    await lives.tell(life);
    await lives.settle(life);
  }

  async function play(cell: Played): Promise<void> {
    const way: LifeEvent[] = STATES[cell.from].way;
    const life = await lives.begin(cell.pg);
    for (const event of way) {
      await lives.happen(event, life);
      await lives.look(life);
      await lives.settle(life);
    }
    const before = await lives.snapshot(life);
    await step(life, cell.event);
    const after = await lives.snapshot(life);
    await lives.tell(life);
    await lives.settle(life);
    const again = await lives.snapshot(life);
    const faults = await faultsInBooks(house.rooms.books, life.ownerId);
    seen.set(cell, { before, after, again, faults });
  }

  test.each(played.map((cell) => [cell.name, cell] as const))('%s', (_name, cell) => {
    expect(seen.get(cell)).toEqual({
      before: looksOf(cell.from, '='),
      after: cell.expected,
      again: cell.expected,
      faults: [],
    });
  });

  test('leaves books that add up', async () => {
    await proveBooks(house.rooms.books, () => undefined);
  });
});

async function some<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: PLAYED_AT_ONCE }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}

describe('the table', () => {
  test('has a cell for each event in each state', () => {
    for (const cellsOfState of Object.values(TABLE))
      expect(Object.keys(cellsOfState).toSorted()).toEqual([...EVENTS].toSorted());
  });
});
