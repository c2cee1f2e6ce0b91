import type { Type } from '@nestjs/common';
import { Field, Int, ObjectType, registerEnumType, type ReturnTypeFuncValue } from '@nestjs/graphql';
import {
  CancelEndKind,
  CashReceipt,
  Certainty,
  type MethodRules,
  type PgRules,
  RefundAccountNeed,
  type Rule,
  TaxPart,
} from '../gateway/pg-rules.js';
import { listOf } from '../graphql/list-of.js';
import type { Language } from '../refusal/refusal.js';

registerEnumType(Certainty, {
  name: 'PointCertainty',
  description: 'How sure a rule of a payment company is.',
  valuesMap: {
    DOCUMENTED: { description: 'Written down by the gateway or the payment company.' },
    OBSERVED: { description: 'Seen in real answers.' },
    ASSUMED: { description: 'Likely; nothing is refused for it.' },
    NOT_KNOWN: { description: 'Nobody says, which is no "no": it is tried.' },
  },
});

registerEnumType(CancelEndKind, {
  name: 'PointCancelEndKind',
  description: 'Until when a payment can be cancelled, in days and months of Korea.',
  valuesMap: {
    NONE: { description: 'For ever.' },
    NEVER: { description: 'Not at all.' },
    CALENDAR_MONTH: { description: 'Within the calendar month of the payment.' },
    MONTHS: { description: '`count` months after the day of the payment.' },
    ABOUT_MONTHS: {
      description: 'About `count` months: it differs from card company to card company or from bank to bank.',
    },
    DAYS: { description: '`count` days after the day of the payment.' },
  },
});

registerEnumType(RefundAccountNeed, {
  name: 'PointRefundAccountNeed',
  description: 'Which account a cancellation must name for the refund.',
  valuesMap: {
    NONE: { description: 'None: the money goes back the way it came.' },
    ACCOUNT: { description: 'Holder, bank and number.' },
    ACCOUNT_AND_PHONE: { description: 'Holder, bank and number, and a telephone number.' },
  },
});

registerEnumType(TaxPart, {
  name: 'PointTaxPart',
  description: 'A part of an amount that a cancellation names again if its payment named it.',
  valuesMap: {
    TAX_FREE: { description: 'The tax-free part.' },
    VAT: { description: 'The value-added tax.' },
  },
});

registerEnumType(CashReceipt, {
  name: 'PointCashReceipt',
  description: 'How a cash receipt comes about.',
  valuesMap: {
    NONE: { description: 'There is none for this way to pay.' },
    AT_PAYMENT: { description: 'The payer asks for it in the payment window.' },
    LATER: { description: 'It is asked for after the payment.' },
    AT_PAYMENT_OR_LATER: { description: 'Either way.' },
  },
});

@ObjectType('PointCancelEnd', { description: 'Until when a payment can be cancelled.' })
class CancelEndModel {
  @Field(() => CancelEndKind, { description: 'What is counted.' })
  kind!: CancelEndKind;

  @Field(() => Int, { nullable: true, description: 'Days or months; null where none are counted.' })
  count!: number | null;
}

@ObjectType('PointClosedHours', { description: 'Whole hours of the day in Korea.' })
class ClosedHoursModel {
  @Field(() => Int, { description: 'From this hour on.' })
  from!: number;

  @Field(() => Int, { description: 'Before this hour, of the next day if it is the smaller one.' })
  until!: number;
}

/** No company has more ways to pay in the table. */
const METHODS_MAX = 10;

/** A rule as the schema shows it. */
interface ShownRule {
  value: unknown;
  certainty: Certainty;
  note: string | null;
}

/** The type of rules whose values are of one kind. */
function ruleOf(name: string, kind: () => ReturnTypeFuncValue, description: string): Type<ShownRule> {
  @ObjectType(name, { description: `A rule of a payment company: ${description}.` })
  class RuleModel implements ShownRule {
    @Field(kind, { nullable: true, description: 'Null when it is NOT_KNOWN.' })
    value!: unknown;

    @Field(() => Certainty, { description: 'How sure it is.' })
    certainty!: Certainty;

    @Field(() => String, {
      nullable: true,
      description: 'What else there is to say, in the caller’s language.',
    })
    note!: string | null;
  }
  return RuleModel;
}

const YesNoRule = ruleOf('PointYesNoRule', () => Boolean, 'yes or no');
const NumberRule = ruleOf('PointNumberRule', () => Int, 'a number, or whole won');
const CancelEndRule = ruleOf('PointCancelEndRule', () => CancelEndModel, 'until when');
const ClosedHoursRule = ruleOf('PointClosedHoursRule', () => ClosedHoursModel, 'at which hours not');
const RefundAccountRule = ruleOf('PointRefundAccountRule', () => RefundAccountNeed, 'which account');
const TaxRule = ruleOf('PointTaxRule', () => [TaxPart], 'which parts of the amount');
const CashReceiptRule = ruleOf('PointCashReceiptRule', () => CashReceipt, 'how a cash receipt comes about');

@ObjectType('PointMethodCapabilities', { description: 'What one payment company allows for one way to pay.' })
export class MethodCapabilities implements Record<keyof MethodRules, ShownRule> {
  @Field({ description: 'The way to pay, in the gateway’s word for it, such as `card`.' })
  method!: string;

  @Field(() => YesNoRule, { description: 'Whether a part can be cancelled.' })
  partialCancel!: ShownRule;

  @Field(() => NumberRule, { description: 'How often a part can be cancelled.' })
  partialCancelsMax!: ShownRule;

  @Field(() => CancelEndRule, { description: 'Until when it can be cancelled.' })
  cancelEnd!: ShownRule;

  @Field(() => ClosedHoursRule, { description: 'When no cancellation is taken.' })
  closedHours!: ShownRule;

  @Field(() => YesNoRule, { description: 'Whether how a cancellation ended comes later than its answer.' })
  answersLater!: ShownRule;

  @Field(() => RefundAccountRule, { description: 'Whether a cancellation needs an account for the refund.' })
  refundAccount!: ShownRule;

  @Field(() => TaxRule, { description: 'What a cancellation names again if its payment named it.' })
  taxOnCancel!: ShownRule;

  @Field(() => NumberRule, { description: 'The smallest amount that can be paid.' })
  minAmount!: ShownRule;

  @Field(() => NumberRule, { description: 'The largest amount that can be paid.' })
  maxAmount!: ShownRule;

  @Field(() => YesNoRule, { description: 'Whether a virtual account can be closed before its deposit.' })
  accountRevoke!: ShownRule;

  @Field(() => CashReceiptRule, { description: 'How a cash receipt comes about.' })
  cashReceipt!: ShownRule;
}

@ObjectType('PointPaymentCapabilities', {
  description: 'What one payment company behind the gateway allows.',
})
export class PaymentCapabilities {
  @Field({ description: 'The gateway’s code for the company, such as `html5_inicis`.' })
  pg!: string;

  @Field({ description: 'Its name in the caller’s language.' })
  name!: string;

  @Field(() => [MethodCapabilities], {
    complexity: listOf(METHODS_MAX),
    description:
      'One for each way to pay of which anything is known; none for a company that is not in our table.',
  })
  methods!: MethodCapabilities[];

  static of({ pg, names, methods }: PgRules, language: Language): PaymentCapabilities {
    return {
      pg,
      name: names[language],
      methods: Object.entries(methods).map(([method, rules]) => ({
        method,
        partialCancel: shown(rules.partialCancel, language),
        partialCancelsMax: shown(rules.partialCancelsMax, language),
        cancelEnd: shown(rules.cancelEnd, language),
        closedHours: shown(rules.closedHours, language),
        answersLater: shown(rules.answersLater, language),
        refundAccount: shown(rules.refundAccount, language),
        taxOnCancel: shown(rules.taxOnCancel, language),
        minAmount: shown(rules.minAmount, language),
        maxAmount: shown(rules.maxAmount, language),
        accountRevoke: shown(rules.accountRevoke, language),
        cashReceipt: shown(rules.cashReceipt, language),
      })),
    };
  }
}

function shown(rule: Rule<unknown>, language: Language): ShownRule {
  const note = 'note' in rule ? (rule.note?.[language] ?? null) : null;
  return { value: rule.value, certainty: rule.certainty, note };
}
