/** The gateway's name in this house. */
export const IAMPORT = 'iamport';

/** The calls that we make, without the ids in them. */
export const IAMPORT_CALLS = [
  'POST /users/getToken',
  'GET /payments',
  'GET /payments/{imp_uid}',
  'GET /payments/findAll/{merchant_uid}',
  'GET /payments/status/{payment_status}',
  'GET /users/pg',
  'POST /payments/prepare',
  'POST /payments/cancel',
  'DELETE /vbanks/{imp_uid}',
  'GET /receipts/{imp_uid}',
  'POST /receipts/{imp_uid}',
  'DELETE /receipts/{imp_uid}',
] as const;

export type IamportCall = (typeof IAMPORT_CALLS)[number];
