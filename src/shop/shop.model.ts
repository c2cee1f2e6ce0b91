import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { listOf } from '../graphql/list-of.js';
import type { Language } from '../refusal/refusal.js';
import { type Shop, ShopPaperKind } from './shop.js';

const PAPERS_MAX = Object.keys(ShopPaperKind).length;

registerEnumType(ShopPaperKind, {
  name: 'PointShopPaperKind',
  description: 'What a paper of a shop is about.',
  valuesMap: {
    TERMS: { description: 'Terms of service (이용약관).' },
    PRIVACY: { description: 'Privacy policy (개인정보처리방침).' },
    REFUND: { description: 'Rules of refunds (환불 규정).' },
    VALIDITY: { description: 'How long points are valid (유효기간).' },
  },
});

@ObjectType('PointBusiness', {
  description: 'What the law asks a shop to say of its business (사업자 정보).',
})
export class Business {
  @Field({ description: '상호' })
  tradeName!: string;

  @Field({ description: '대표자' })
  representative!: string;

  @Field({ description: '사업자등록번호' })
  registrationNumber!: string;

  @Field(() => String, { nullable: true, description: '통신판매업 신고번호; null where the shop is exempt.' })
  mailOrderNumber!: string | null;

  @Field({ description: '주소' })
  address!: string;

  @Field({ description: '전화번호' })
  phone!: string;

  @Field(() => String, { nullable: true, description: '전자우편 주소' })
  email!: string | null;
}

@ObjectType('PointShopPaper', {
  description: 'A paper of a shop, to be read before paying: exactly one of `url` and `text` is there.',
})
export class ShopPaper {
  @Field(() => ShopPaperKind, { description: 'What it is about.' })
  kind!: ShopPaperKind;

  @Field({ description: 'What it is called, for people.' })
  title!: string;

  @Field(() => String, { nullable: true, description: 'An https address at which it is read.' })
  url!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Its plain text, with line breaks; up to 50,000 characters.',
  })
  text!: string | null;
}

@ObjectType('PointConsent', { description: 'What a buyer agrees to before an order.' })
export class Consent {
  @Field({ description: 'Send it as `termsVersion` of createPaymentOrder.' })
  version!: string;

  @Field({ description: 'What stands beside the box to tick.' })
  text!: string;
}

@ObjectType('PointCustomerService', {
  description: 'Where a shop answers questions; at least one way is there.',
})
export class CustomerService {
  @Field(() => String, { nullable: true, description: 'Telephone number.' })
  phone!: string | null;

  @Field(() => String, { nullable: true, description: 'E-mail address.' })
  email!: string | null;

  @Field(() => String, { nullable: true, description: 'An https address.' })
  url!: string | null;

  @Field(() => String, { nullable: true, description: 'When somebody is there, for people.' })
  hours!: string | null;
}

@ObjectType('PointCancelPolicy', {
  description:
    'What shoppers may cancel by themselves; more is refused with CANCEL_BY_SHOP_ONLY. `refundQuote` says what follows for one payment.',
})
export class CancelPolicy {
  @Field({ description: 'False: shoppers ask the customer service.' })
  byShopper!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: 'Days after the day of the payment, in Korea; null: no end.',
  })
  withinDays!: number | null;

  @Field({ description: 'Whether less than all that is left of a payment may be cancelled.' })
  partial!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: 'The least that may be cancelled at once, in whole won; null: any amount.',
  })
  minAmount!: number | null;
}

@ObjectType('PointShop', { description: 'Whose page it is, in the language of the caller.' })
export class ShopModel {
  @Field({ description: 'What it is called.' })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Its logo: an https address, or a path of this server that changes with the logo.',
  })
  logoUrl!: string | null;

  @Field(() => String, {
    nullable: true,
    description: '`#rrggbb`, which carries white text; null: the page’s own colour.',
  })
  colour!: string | null;

  @Field(() => Business, { nullable: true, description: 'Null only where nothing is sold yet.' })
  business!: Business | null;

  @Field(() => [ShopPaper], { complexity: listOf(PAPERS_MAX), description: 'In the order to show.' })
  papers!: ShopPaper[];

  @Field(() => Consent, {
    nullable: true,
    description: 'What to agree to before each order; null: nothing is asked.',
  })
  consent!: Consent | null;

  @Field(() => CustomerService, { nullable: true, description: 'Null only where nothing is sold yet.' })
  customerService!: CustomerService | null;

  @Field(() => CancelPolicy, { description: 'What shoppers may cancel by themselves.' })
  cancelPolicy!: CancelPolicy;

  static of(shop: Shop, language: Language): ShopModel {
    const { logo, colour, business, papers, consent, customerService, cancelPolicy } = shop;
    return {
      name: shop.name[language],
      logoUrl: logo?.url ?? null,
      colour,
      business,
      papers: papers.map(({ kind, title, url, text }) => ({
        kind,
        title: title[language],
        url,
        text: text?.[language] ?? null,
      })),
      consent: consent && { version: consent.version, text: consent.text[language] },
      customerService: customerService && {
        ...customerService,
        hours: customerService.hours?.[language] ?? null,
      },
      cancelPolicy,
    };
  }
}
