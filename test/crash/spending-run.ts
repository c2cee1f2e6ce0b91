import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource, MoreThan } from 'typeorm';
import { Lot, LotKind } from '../../src/point-transaction/lot.entity.js';
import {
  PointTransaction,
  PointTransactionStatus,
} from '../../src/point-transaction/point-transaction.entity.js';
import { Hold, HoldState } from '../../src/spending/hold.entity.js';
import { type GraphqlAnswer, graphqlClient } from '../support/graphql-client.js';
import { addCustomer, type Customer } from './customer.js';
import { Decisions } from './decisions.js';
import type { Gateway } from './gateway.js';
import type { Instance } from './instance.js';
import { until } from './until.js';

const OWNERS_MAX = 50;
/** In a short run they are fewer: who begins without points is refused most of what they ask. */
const OPERATIONS_PER_OWNER = 20;
const AT_ONCE = 16;
/** Until a server that was killed is back, with room for a busy machine. */
const ATTEMPTS_MAX = 300;
const PAUSE_MS = 100;
/** A server that nobody asks is killed all the same. */
const PREY_TIMEOUT_MS = 2000;
const SHORT_HOLD_MAX_MS = 3000;
const LONG_HOLD_MS = 60 * 60_000;
const LEFT_TO_CHANCE = 1 / 3;

const POINT_ARGUMENTS = '$ownerId: ID!, $amount: Int!, $key: String!';
const PASSED = 'ownerId: $ownerId, amount: $amount, reason: $key, idempotencyKey: $key';
const SPEND = `mutation (${POINT_ARGUMENTS}) { done: spendPoints(${PASSED}) { id amount } }`;
const GRANT = `mutation (${POINT_ARGUMENTS}) { done: grantPoints(${PASSED}) { id amount } }`;
const HOLD = `mutation (${POINT_ARGUMENTS}, $until: DateTime!) {
  done: holdPoints(${PASSED}, until: $until) { id amount }
}`;
const CANCEL_SPEND = `mutation ($spendId: ID!, $amount: Int, $key: String!) {
  done: cancelSpend(spendId: $spendId, amount: $amount, reason: $key, idempotencyKey: $key) { id amount }
}`;
const CONFIRM =
  'mutation ($holdId: ID!, $amount: Int) { done: confirmHold(holdId: $holdId, amount: $amount) { id amount } }';
const VOID = 'mutation ($holdId: ID!) { done: voidHold(holdId: $holdId) { id amount } }';

type Kind = 'buy' | 'spend' | 'cancelSpend' | 'hold' | 'confirm' | 'void' | 'grant' | 'cancel' | 'expire';
/** How often of a hundred. */
const SHARES: [Kind, number][] = [
  ['buy', 10],
  ['spend', 26],
  ['cancelSpend', 13],
  ['hold', 15],
  ['confirm', 9],
  ['void', 5],
  ['grant', 14],
  ['cancel', 4],
  ['expire', 4],
];

interface Done {
  id: string;
  /** As the ledger writes it; of a hold what is held. */
  amount: number;
}

/** What was asked with one idempotency key, and what came of it. */
interface Asked {
  kind: Kind;
  key: string;
  /** What a caller was told; undefined where all that was told is a refusal. */
  done?: Done;
  refusal?: string;
}

export interface SpendingRunReport {
  /** Acknowledged, by their kinds. */
  acknowledged: Partial<Record<Kind, number>>;
  refused: number;
  repetitions: number;
  answersLost: number;
  kills: number;
  findings: string[];
}

/**
 * Many owners who buy, spend, hold and give back at once, as a shop's server asks for it with a service key, while servers are
 * killed. Who gets no answer asks the same again, at any server; at the end all that was told is compared with the rows.
 */
export class SpendingRun {
  private readonly asked: Asked[] = [];
  private readonly spends: string[] = [];
  private readonly holds: string[] = [];
  private readonly payments: { customer: Customer; impUid: string }[] = [];
  /** An order once for each of its payments. */
  private readonly paidOrders: string[] = [];
  private readonly report: SpendingRunReport = {
    acknowledged: {},
    refused: 0,
    repetitions: 0,
    answersLost: 0,
    kills: 0,
    findings: [],
  };
  private operations = 0;
  private begun = 0;
  private answered = 0;

  constructor(
    private readonly books: DataSource,
    private readonly servers: readonly Instance[],
    private readonly gateway: Gateway,
    private readonly serviceKey: string,
    private readonly seed: number,
  ) {}

  /** @param kills of servers at work, spread over the run. */
  async run(operations: number, kills: number): Promise<SpendingRunReport> {
    this.operations = operations;
    const customers: Customer[] = [];
    const owners = Math.min(OWNERS_MAX, Math.ceil(operations / OPERATIONS_PER_OWNER));
    for (let owner = 0; owner < owners; owner++) customers.push(await addCustomer(this.books));
    const killing = this.kill(operations, kills);
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, worker) => {
        const decisions = new Decisions(this.seed, `worker-${worker}`);
        while (this.begun < operations) {
          const number = ++this.begun;
          await this.operate(decisions, decisions.pick(customers), `op-${this.seed}-${number}`);
          this.answered += 1;
        }
      }),
    );
    await killing;
    return this.report;
  }

  private async operate(decisions: Decisions, customer: Customer, key: string): Promise<void> {
    const kind = this.kindOf(decisions);
    const { ownerId } = customer;
    const amount = decisions.whole(1, 40) * 50;
    const point = { ownerId, amount, key };
    if (kind === 'buy') return this.buy(decisions, customer, key);
    if (kind === 'cancel') return this.cancel(decisions, key);
    if (kind === 'expire') return this.expire();
    if (kind === 'spend') {
      const done = await this.ask(decisions, { kind, key }, SPEND, point);
      if (done) this.spends.push(done.id);
    } else if (kind === 'grant') {
      await this.ask(decisions, { kind, key }, GRANT, point);
    } else if (kind === 'hold') {
      const lastsMs = decisions.happens(0.4) ? decisions.whole(200, SHORT_HOLD_MAX_MS) : LONG_HOLD_MS;
      const variables = { ...point, until: new Date(Date.now() + lastsMs).toISOString() };
      const done = await this.ask(decisions, { kind, key }, HOLD, variables);
      if (done) this.holds.push(done.id);
    } else if (kind === 'cancelSpend') {
      if (this.spends.length === 0) return;
      const part = decisions.happens(0.7) ? { amount } : {};
      await this.ask(decisions, { kind, key }, CANCEL_SPEND, {
        spendId: decisions.pick(this.spends),
        key,
        ...part,
      });
    } else {
      if (this.holds.length === 0) return;
      const holdId = decisions.pick(this.holds);
      const part = kind === 'confirm' && decisions.happens(0.5) ? { amount } : {};
      await this.ask(decisions, { kind, key: holdId }, kind === 'confirm' ? CONFIRM : VOID, {
        holdId,
        ...part,
      });
    }
  }

  /** Of a short run the last part is for kinds that chance has left out so far. */
  private kindOf(decisions: Decisions): Kind {
    let share = decisions.whole(1, 100);
    const drawn = SHARES.find(([, of]) => (share -= of) <= 0)?.[0] ?? 'spend';
    // What they need, such as an open hold, has to go on coming.
    if (this.begun <= this.operations * LEFT_TO_CHANCE || decisions.happens(0.5)) return drawn;
    return SHARES.find(([kind]) => this.report.acknowledged[kind] === undefined)?.[0] ?? drawn;
  }

  /** Asks until somebody says yes or no, and now and then once more: the same key gets the same row. */
  private async ask(
    decisions: Decisions,
    asked: Asked,
    document: string,
    variables: object,
  ): Promise<Done | undefined> {
    this.asked.push(asked);
    const send = () => this.answerTo(decisions, (url) => this.asService(url, document, variables));
    const first = await send();
    if (first.errors) {
      asked.refusal = first.errors[0]?.extensions.code ?? '';
      this.report.refused += 1;
      return undefined;
    }
    asked.done = first.data.done;
    this.count(asked.kind);
    if (decisions.happens(0.2)) {
      this.report.repetitions += 1;
      const second = await send();
      if (second.errors || second.data.done.id !== first.data.done.id) {
        const told = second.errors?.[0]?.extensions.code ?? second.data.done.id;
        this.report.findings.push(`${asked.kind} ${asked.key} is ${first.data.done.id}, and then ${told}`);
      }
    }
    return first.data.done;
  }

  private asService(url: string, document: string, variables: object) {
    return graphqlClient(url).call<{ done: Done }>(document, { ...variables }, { token: this.serviceKey });
  }

  /** Of any server: no answer, and one that says that it is not known yet, are asked for again. */
  private async answerTo<Data>(
    decisions: Decisions,
    call: (url: string) => Promise<GraphqlAnswer<Data>>,
  ): Promise<GraphqlAnswer<Data>> {
    for (let attempt = 1; ; attempt++) {
      const server = decisions.pick(this.servers);
      try {
        const answer = await server.ask(call);
        if (!answer.errors?.[0]?.extensions.retryable) return answer;
      } catch (error) {
        this.report.answersLost += 1;
        if (attempt === ATTEMPTS_MAX) throw error;
      }
      if (attempt === ATTEMPTS_MAX) throw new Error('no server has answered');
      await sleep(PAUSE_MS);
    }
  }

  private async buy(decisions: Decisions, customer: Customer, key: string): Promise<void> {
    const amount = decisions.pick([5000, 10_000]);
    const order = await this.answerTo(decisions, (url) => customer.order(url, amount));
    if (order.errors) {
      this.report.refused += 1;
      return;
    }
    const { merchantUid } = order.data.createPaymentOrder;
    const { imp_uid: impUid } = await this.gateway.pay({ merchant_uid: merchantUid, amount });
    this.paidOrders.push(merchantUid);
    const asked: Asked = { kind: 'buy', key };
    this.asked.push(asked);
    const credit = await this.answerTo(decisions, (url) => customer.credit(url, impUid));
    const refusal = credit.errors?.[0]?.extensions;
    // Two who buy the same at once pay the same order: the second one's money goes back, and has gone where we ask late.
    const isPaidTwice = this.paidOrders.filter((paid) => paid === merchantUid).length > 1;
    if (isPaidTwice && ['ORDER_ALREADY_PAID', 'CANCELLED'].includes(String(refusal?.reason))) {
      this.report.refused += 1;
      return;
    }
    if (credit.errors) {
      this.report.findings.push(`${impUid} was not credited: ${credit.errors[0]?.extensions.code}`);
      return;
    }
    asked.done = credit.data.createPointTransaction;
    this.payments.push({ customer, impUid });
    this.count('buy');
  }

  private async cancel(decisions: Decisions, idempotencyKey: string): Promise<void> {
    if (this.payments.length === 0) return;
    const { customer, impUid } = decisions.pick(this.payments);
    const request = { impUid, amount: decisions.whole(1, 20) * 100, idempotencyKey };
    const answer = await this.answerTo(decisions, (url) => customer.cancel(url, request));
    if (answer.errors) this.report.refused += 1;
    else this.count('cancel');
  }

  /** The time of something that was granted is over now. */
  private async expire(): Promise<void> {
    const { manager } = this.books;
    const lot = await manager.findOneBy(Lot, { kind: LotKind.ADJUST, remaining: MoreThan(0) });
    if (!lot) return;
    const over = new Date();
    // Still, if nobody has taken the last of it meanwhile.
    const { affected } = await manager.update(
      Lot,
      { id: lot.id, remaining: MoreThan(0) },
      { openUntil: over, nextExpiryAt: over },
    );
    if (affected !== 0) this.count('expire');
  }

  private count(kind: Kind): void {
    this.report.acknowledged[kind] = (this.report.acknowledged[kind] ?? 0) + 1;
  }

  private async kill(operations: number, kills: number): Promise<void> {
    const decisions = new Decisions(this.seed, 'death');
    for (let kill = 1; kill <= kills; kill++) {
      const after = Math.floor((kill * operations) / (kills + 1));
      while (this.answered < after && this.begun < operations) await sleep(PAUSE_MS / 10);
      const server = decisions.pick(this.servers);
      await until(() => server.callsInFlight > 0, PREY_TIMEOUT_MS);
      await server.kill();
      this.report.kills += 1;
      await server.start();
    }
  }

  /** What was told and is not in the rows once, and what is in the rows and nobody asked for. */
  async findings(): Promise<string[]> {
    const { manager } = this.books;
    const rows = await manager.find(PointTransaction);
    const byId = new Map(rows.map((row) => [row.id, row]));
    const holds = new Map((await manager.find(Hold)).map((hold) => [hold.id, hold]));
    const findings = [...this.report.findings];
    const confirmed = new Set(
      [...holds.values()].filter(({ state }) => state === HoldState.CONFIRMED).map(({ id }) => id),
    );
    const byReason = groupedByReason(rows);
    const holdsByReason = groupedByReason([...holds.values()]);
    for (const { kind, key, done, refusal } of this.asked) {
      const what = `${kind} ${key}`;
      if (kind === 'confirm' || kind === 'void') {
        const hold = holds.get(key);
        if (done && confirmed.has(key) !== (kind === 'confirm'))
          findings.push(`${what} was told, and it is ${hold?.state}`);
        if (done && kind === 'confirm' && byId.get(key)?.amount !== done.amount)
          findings.push(`lost: ${what}`);
        continue;
      }
      const booked =
        kind === 'hold'
          ? (holdsByReason.get(key) ?? [])
          : (byReason.get(key) ?? []).filter(({ id }) => !holds.has(id));
      if (kind === 'buy') {
        if (done && byId.get(done.id)?.status !== PointTransactionStatus.PAYMENT)
          findings.push(`lost: ${what}`);
        continue;
      }
      if (booked.length > 1) findings.push(`double: ${what} ${booked.length} times`);
      if (refusal !== undefined && booked.length > 0)
        findings.push(`${what} was refused with ${refusal} and is there`);
      if (done && (booked[0]?.id !== done.id || booked[0].amount !== done.amount))
        findings.push(`lost: ${what}`);
    }
    const keys = new Set<string | null>(this.asked.map(({ key }) => key));
    const OF_CALLERS = [
      PointTransactionStatus.SPEND,
      PointTransactionStatus.SPEND_CANCEL,
      PointTransactionStatus.GRANT,
    ];
    for (const { id, status, reason } of rows) {
      if (OF_CALLERS.includes(status) && !keys.has(reason))
        findings.push(`${status} ${id} was asked for by nobody`);
    }
    return findings;
  }
}

function groupedByReason<Row extends { reason: string | null }>(
  rows: readonly Row[],
): Map<string | null, Row[]> {
  const groups = new Map<string | null, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.reason);
    if (group) group.push(row);
    else groups.set(row.reason, [row]);
  }
  return groups;
}
