import {
  Field,
  Float,
  InputType,
  GraphQLISODateTime,
  ID,
  Int,
  ObjectType,
  registerEnumType,
} from '@nestjs/graphql';
import { RefundAccountNeed, RefusalReason } from '../gateway/pg-rules.js';
import { connectionTypeOf, PAGE } from '../graphql/connection.js';
import { CancellationState, RefundBasis } from '../payment/cancellation.entity.js';
import { PointTransactionModel } from '../point-transaction/point-transaction.model.js';
import { cancelReference } from '../point-transaction/reference.js';
import { CancelObstacle } from './cancel-terms.js';
import type { CancellationOfPayment } from './cancellation.service.js';
import { Possibility, type QuoteWithPlan, RefundLimit } from './quote.js';
import type { PlanInShort, QuotedFigures } from './refund-plan.js';
import { REFUND_PRESETS } from './refund-presets.js';
import { PolicyReason } from './shop-policy.js';

function sourceOf(preset: keyof typeof REFUND_PRESETS): string {
  return REFUND_PRESETS[preset].source.en;
}

registerEnumType(RefundLimit, {
  name: 'PointRefundLimit',
  description:
    'Why not all of a payment can be cancelled. A cancellation of more is refused with the code of the same name, for ' +
    'SHOP_POLICY with CANCEL_BY_SHOP_ONLY.',
  valuesMap: {
    CANCEL_AMOUNT_EXCEEDED: { description: 'The payment was cancelled in full already.' },
    CANCEL_IN_PROGRESS: { description: 'Another cancellation of the payment is open.' },
    CANCEL_NOT_POSSIBLE: { description: 'A rule of the payment company is against it: `obstacle`.' },
    INSUFFICIENT_POINT: { description: 'Points of the payment are spent or held.' },
    SHOP_POLICY: { description: 'The shop leaves it to its customer service: `policyReason`.' },
  },
});

registerEnumType(PolicyReason, {
  name: 'PointCancelPolicyReason',
  description: 'Why a shop does not let shoppers cancel by themselves; see `PointCancelPolicy`.',
  valuesMap: {
    OFF: { description: 'It lets no shopper cancel.' },
    TOO_LATE: { description: 'Its time for cancelling is over.' },
    ONLY_IN_FULL: { description: 'All that is left may be cancelled, and not a part of it.' },
    TOO_SMALL: { description: 'It is less than the least that may be cancelled.' },
    BONUS_SPENT: { description: 'Bonus of the payment was spent.' },
  },
});

registerEnumType(RefundBasis, {
  name: 'PointRefundBasis',
  description:
    'Why money of a payment goes back. All but SHOP_POLICY are presets that the shop has switched on.',
  valuesMap: {
    SHOP_POLICY: { description: 'The shop gives back what was not spent.' },
    UNUSED_7_DAYS: { description: `All of an unused payment within 7 days. ${sourceOf('UNUSED_7_DAYS')}` },
    PREPAID_80: { description: `What is left once 80% was used. ${sourceOf('PREPAID_80')}` },
    VOUCHER_60_80: {
      description: `What is left once 60% was used, 80% up to 10,000 won. ${sourceOf('VOUCHER_60_80')}`,
    },
    EXPIRED_90: { description: `90% of what expired. ${sourceOf('EXPIRED_90')}` },
    EXPIRED_90_95: {
      description: `90% of what expired, 95% above 50,000 won. ${sourceOf('EXPIRED_90_95')}`,
    },
    EXPIRED_100: { description: `All of what expired: ${sourceOf('EXPIRED_100')}` },
  },
});

registerEnumType(CancelObstacle, {
  name: 'PointCancelObstacle',
  description: 'A rule of a payment company that is against a cancellation.',
  valuesMap: {
    NOT_CANCELLABLE: {
      description: 'It does not cancel payments of this kind; the operator can refund by bank transfer.',
    },
    DEADLINE_OVER: {
      description: 'Its time for cancelling is over; the operator can refund by bank transfer.',
    },
    ONLY_IN_FULL: { description: 'It cancels all that is left or nothing.' },
    PARTIAL_CANCELS_USED_UP: {
      description: 'Parts were cancelled as often as it allows; all that is left may still be.',
    },
    REFUND_ACCOUNT_NEEDED: {
      description: 'It needs an account for the refund: send `refundAccount`.',
    },
    CLOSED_NOW: { description: 'It takes no cancellations at this time of the day; later it does.' },
  },
});

registerEnumType(Possibility, {
  name: 'PointPossibility',
  description: 'Whether a payment company allows something.',
  valuesMap: {
    YES: { description: 'It does.' },
    NO: { description: 'It does not: what needs it is refused.' },
    NOT_KNOWN: { description: 'Nobody says, which is no "no": it is asked.' },
  },
});

registerEnumType(RefusalReason, {
  name: 'PointRefusalReason',
  description: 'Why a payment company said no, as far as its words are known.',
  valuesMap: {
    TOO_LITTLE_UNSETTLED: {
      description:
        'It pays refunds out of what it has not paid out to the shop yet, and that is less than this one. The operator pays ' +
        'some in there, or a new request succeeds after more was sold.',
    },
    OTHER: { description: 'Its words alone say why.' },
  },
});

registerEnumType(CancellationState, {
  name: 'PointCancellationState',
  description: 'How far a cancellation has come.',
  valuesMap: {
    PENDING: {
      description:
        'The points are held and the payment company was asked, but how it ends is not certain yet: there was no answer, or a ' +
        'no (`refusal`) that is looked at once more. It ends by itself.',
    },
    DONE: { description: 'The money goes back and the points are gone; `pointTransaction` is the row.' },
    REFUSED: { description: 'The payment company said no; the points are free again.' },
  },
});

@ObjectType('PointCancellation', { description: 'A request to give money back, and how it ended.' })
export class CancellationModel {
  @Field(() => ID, { description: 'Opaque.' })
  id!: string;

  @Field({ description: 'The payment that is cancelled.' })
  impUid!: string;

  @Field(() => Int, { description: 'Whole won that go back.' })
  amount!: number;

  @Field(() => Int, {
    description:
      'Whole points that go for it: as many as won, with those of `fee` and `bonus`, without those that had expired.',
  })
  points!: number;

  @Field(() => Int, { description: 'Whole won that the shop keeps.' })
  fee!: number;

  @Field(() => Int, { description: 'Points of the payment’s bonus that go.' })
  bonus!: number;

  @Field(() => RefundBasis, { nullable: true, description: 'Why it goes back; null: nobody asked for it.' })
  basis!: RefundBasis | null;

  @Field(() => CancellationState, { description: 'How far it has come.' })
  state!: CancellationState;

  @Field({ description: 'What the payer or the shop said, or a standard text.' })
  reason!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'Id of the operator who asked for it in place of the payer; null where the payer did.',
  })
  actor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why it is or will be REFUSED, in the payment company’s words (Korean).',
  })
  refusal!: string | null;

  @Field(() => RefusalReason, { nullable: true, description: 'What the words of `refusal` mean.' })
  refusalReason!: RefusalReason | null;

  @Field(() => String, {
    nullable: true,
    description:
      'To which account the money goes: the bank, and the last digits of the number. Null where none was named.',
  })
  refundAccount!: string | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'While PENDING: the payment company said yes and pays later, about then; the points are held until it has. Null otherwise.',
  })
  expectedAt!: Date | null;

  @Field(() => GraphQLISODateTime, { description: 'When it was asked for.' })
  requestedAt!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it became DONE or REFUSED.' })
  completedAt!: Date | null;

  /** Not in the schema: names the CANCEL row; null while there is none. */
  reference!: string | null;

  /** That row, where it is at hand. */
  knownTransaction?: PointTransactionModel;

  static of(row: CancellationOfPayment, refusalReason: RefusalReason | null): CancellationModel {
    const { id, amount, state, reason, refusal, requestedAt, completedAt, cancellationKey } = row;
    const { points, fee, bonus, basis, actor, refundAccount, expectedAt } = row;
    const { gateway, gatewayPaymentId: impUid } = row.payment;
    const reference =
      cancellationKey === null ? null : cancelReference({ gateway, paymentId: impUid }, cancellationKey);
    const times = { requestedAt, completedAt, expectedAt: completedAt === null ? expectedAt : null };
    const figures = { amount, points, fee, bonus, basis };
    const { posted } = row;
    return {
      id,
      impUid,
      ...figures,
      state,
      reason,
      actor,
      refusal,
      refusalReason,
      refundAccount,
      ...times,
      reference,
      knownTransaction: posted && PointTransactionModel.of(posted.entry, posted.payment, posted.account),
    };
  }
}

@InputType('PointRefundAccountInput', {
  description:
    'Where the money of a refund goes, where the payment company needs to be told: `refundQuote.refundAccount`.',
})
export class RefundAccountInput {
  @Field({ description: 'Name of the account’s holder, at most 50 characters.' })
  holder!: string;

  @Field({ description: '`code` of one of `refundBanks`.' })
  bank!: string;

  @Field({ description: 'Number of the account: 6 to 20 digits; hyphens and blanks are left out.' })
  number!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Telephone number of the holder, for ACCOUNT_AND_PHONE: 9 to 11 digits.',
  })
  phone?: string | null;
}

@ObjectType('PointRefundBank', { description: 'A bank to which a payment company refunds.' })
export class RefundBank {
  @Field({ description: 'In the payment company’s code.' })
  code!: string;

  @Field({ description: 'Korean.' })
  name!: string;
}

@ObjectType('PointRefundAccount', {
  description:
    'Where the money of a refund goes. Personal data: for operators, and deleted 30 days after the end.',
})
export class RefundAccountModel {
  @Field({ description: 'Name of the account’s holder.' })
  holder!: string;

  @Field({ description: 'In the payment company’s code.' })
  bank!: string;

  @Field({ description: 'Digits.' })
  number!: string;

  @Field(() => String, { nullable: true, description: 'Digits; null where none was asked for.' })
  phone!: string | null;
}

@ObjectType('PointCancellationConnection', PAGE)
export class CancellationConnection extends connectionTypeOf(CancellationModel, 'PointCancellation') {}

@ObjectType('PointRefundPlan', { description: 'Just what goes back, what goes for it, and why.' })
export class RefundPlan implements PlanInShort {
  @Field(() => RefundBasis, { description: 'Why.' })
  basis!: RefundBasis;

  @Field(() => Int, { description: 'Whole won that go back.' })
  amount!: number;

  @Field(() => Int, {
    description:
      'Whole points that go: as many as won, with those of `fee` and `bonus`, without those that had expired.',
  })
  points!: number;

  @Field(() => Int, {
    description:
      'How many of these are for the payment’s bonus. Bonus that was spent is taken from the paid points, or as the shop says.',
  })
  bonus!: number;

  @Field(() => Int, { description: 'Whole won that the shop keeps.' })
  fee!: number;
}

@InputType('PointQuotedRefund', {
  description: 'The figures of a PointRefundPlan that its shopper has agreed to.',
})
export class QuotedRefund implements QuotedFigures {
  @Field(() => Int, { description: 'As in PointRefundPlan.' })
  amount!: number;

  @Field(() => Int, { description: 'As in PointRefundPlan.' })
  points!: number;

  @Field(() => Int, { description: 'As in PointRefundPlan.' })
  bonus!: number;

  @Field(() => Int, { description: 'As in PointRefundPlan.' })
  fee!: number;
}

@ObjectType('PointRefundQuote', { description: 'What could be cancelled of a payment at this moment.' })
export class RefundQuote implements QuoteWithPlan {
  @Field(() => Int, { description: 'Whole won that are left of the payment.' })
  left!: number;

  @Field(() => Int, { description: 'The most that can be cancelled now, in whole won.' })
  refundable!: number;

  @Field(() => RefundPlan, {
    nullable: true,
    description:
      'Just what goes back of `refundable`, or of the `amount` that was asked about, to be shown and sent as `quoted`; null where ' +
      'nothing goes back, or not that amount.',
  })
  plan!: RefundPlan | null;

  @Field(() => Int, { description: 'Paid points of the payment that can still be spent.' })
  unspent!: number;

  @Field(() => Int, { description: 'Paid points of it that expired, and whose money did not go back.' })
  expired!: number;

  @Field(() => RefundLimit, {
    nullable: true,
    description: 'Why `refundable` is less than was paid; null when all of it can be cancelled.',
  })
  limitedBy!: RefundLimit | null;

  @Field(() => CancelObstacle, {
    nullable: true,
    description:
      'Which rule of the payment company is against cancelling all that is left now; null: none is known.',
  })
  obstacle!: CancelObstacle | null;

  @Field(() => PolicyReason, {
    nullable: true,
    description:
      'Why the shop leaves cancelling all that is left to its customer service; null: shoppers may.',
  })
  policyReason!: PolicyReason | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'For CLOSED_NOW: when it is over.' })
  opensAt!: Date | null;

  @Field(() => Possibility, { description: 'Whether less than all that is left can be cancelled.' })
  partialCancel!: Possibility;

  @Field(() => Int, {
    nullable: true,
    description: 'How often a part can still be cancelled; null: nobody counts.',
  })
  partialCancelsLeft!: number | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'It can be cancelled here before this instant, which the payment company or the shop set; null: there is no end, or none is known.',
  })
  cancelUntil!: Date | null;

  @Field({
    description:
      '`cancelUntil` differs from card company to card company or from bank to bank; trying later is not refused.',
  })
  isCancelUntilAbout!: boolean;

  @Field(() => RefundAccountNeed, {
    nullable: true,
    description: 'Whether the refund needs an account; null: not known.',
  })
  refundAccount!: RefundAccountNeed | null;
}

@ObjectType('PointGiveBack', {
  description:
    'Money that came in for an order and can never be credited (another amount or currency than the order’s, or a second ' +
    'payment of it). It goes back to its payer by itself.',
})
export class GiveBack {
  @Field(() => ID, { description: 'Opaque.' })
  id!: string;

  @Field({ description: 'The payment that goes back.' })
  impUid!: string;

  @Field({ description: 'The order that it was made for.' })
  merchantUid!: string;

  @Field(() => Float, { description: 'In `currency`; foreign ones can have cents.' })
  amount!: number;

  @Field({ description: 'ISO 4217.' })
  currency!: string;

  @Field(() => CancellationState, { description: 'REFUSED needs a person.' })
  state!: CancellationState;

  @Field({ description: 'What the payer can read.' })
  reason!: string;

  @Field(() => String, { nullable: true, description: 'Why it is REFUSED, in the payment company’s words.' })
  refusal!: string | null;

  @Field(() => GraphQLISODateTime, { description: 'When it was found.' })
  requestedAt!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it became DONE or REFUSED.' })
  completedAt!: Date | null;

  static of(row: CancellationOfPayment): GiveBack {
    const { id, amount, currency, state, reason, refusal, requestedAt, completedAt } = row;
    const { gatewayPaymentId: impUid, merchantUid } = row.payment;
    return { id, impUid, merchantUid, amount, currency, state, reason, refusal, requestedAt, completedAt };
  }
}

@ObjectType('PointGiveBackConnection', PAGE)
export class GiveBackConnection extends connectionTypeOf(GiveBack, 'PointGiveBack') {}
