import { setMaxListeners } from 'node:events';
import type { CallSubject } from '../gateway/call-subject.js';
import type { CallerConnection } from '../gateway/caller-connection.js';
import { GatewayRefusal, refusalReply, unauthorized, type GatewayReply } from '../gateway/envelope.js';
import type { Fault } from './fault.js';
import type { HeldCall, Holds, Release, ReleasedCall } from './holds.js';
import { pause } from '../pause.js';
import type { PaymentStore } from '../payment/payment-store.js';
import type { TokenStore } from '../gateway/token-store.js';

/** A caller that waits for ever is cut loose at last; no client waits so long. */
const SILENCE_LIMIT_MS = 10 * 60_000;

/** A gateway call that a fault has struck, before anything was done. */
export interface StruckCall {
  name: string;
  needsToken: boolean;
  body: Record<string, unknown>;
  subject: CallSubject;
  /** Carries the call out; it does not wait, so it is wholly done when it returns. */
  apply: () => GatewayReply;
  caller: CallerConnection;
}

export interface MisbehaviourParts {
  payments: PaymentStore;
  tokens: TokenStore;
  holds: Holds;
}

/** Plays the faults: decides for each call whether it is applied, when, and what its caller hears. */
export class Misbehaviour {
  private readonly closing = new AbortController();

  constructor(private readonly parts: MisbehaviourParts) {
    // One listener for each call that waits.
    setMaxListeners(0, this.closing.signal);
  }

  /** The simulator ends: whatever still waits is not applied any more. */
  close(): void {
    this.closing.abort();
    this.parts.holds.close();
  }

  async play(fault: Fault, call: StruckCall): Promise<void> {
    const { caller, apply } = call;
    switch (fault.kind) {
      case 'slow':
        if ((await this.wait(fault.delayMs)) && !caller.isGone()) caller.answer(apply());
        else caller.cut();
        return;
      case 'slow-answer': {
        const reply = apply();
        if (await this.wait(fault.delayMs)) caller.answer(reply);
        else caller.cut();
        return;
      }
      case 'late':
        if (await this.wait(fault.delayMs)) caller.answer(apply());
        else caller.cut();
        return;
      case 'error-before':
        caller.answer(serverError(fault.httpStatus));
        return;
      case 'error-after':
        apply();
        caller.answer(serverError(fault.httpStatus));
        return;
      case 'cut-before':
        caller.cut();
        return;
      case 'cut-after':
        apply();
        caller.cut();
        return;
      case 'silent-before':
        await this.keepSilent(caller);
        return;
      case 'silent-after':
        apply();
        await this.keepSilent(caller);
        return;
      case 'refuse':
        caller.answer({ httpStatus: 200, code: fault.code, message: fault.message, response: null });
        return;
      case 'failed':
        caller.answer(this.failedPayment(fault, call.subject));
        return;
      case 'wrong-body':
        apply();
        caller.answerText(fault.body);
        return;
      case 'unauthorized':
        caller.answer(refusalReply(unauthorized()));
        return;
      case 'token-lost':
        this.parts.tokens.loseAll();
        caller.answer(call.needsToken ? refusalReply(unauthorized()) : apply());
        return;
      case 'hold-before':
        await this.holdBefore(call);
        return;
      case 'hold-after':
        await this.holdAfter(call);
        return;
    }
  }

  private async holdBefore(call: StruckCall): Promise<void> {
    await this.hold(call, 'before', (release) => {
      const reply = release.apply ? call.apply() : serverError(503);
      const answered = finish(call.caller, release.answer, reply);
      return { applied: release.apply && reply.code === 0, answered, ...shown(reply) };
    });
  }

  private async holdAfter(call: StruckCall): Promise<void> {
    const reply = call.apply();
    await this.hold(call, 'after', (release) => {
      const answered = finish(call.caller, release.answer, reply);
      return { applied: reply.code === 0, answered, ...shown(reply) };
    });
  }

  private hold(
    { name, subject, body, caller }: StruckCall,
    stage: HeldCall['stage'],
    carryOn: (release: Release) => ReleasedCall,
  ): Promise<void> {
    const isCallerGone = () => caller.isGone();
    return this.parts.holds.hold({ call: name, stage, subject, body, isCallerGone }, carryOn);
  }

  private async keepSilent(caller: CallerConnection): Promise<void> {
    await pause(SILENCE_LIMIT_MS, AbortSignal.any([this.closing.signal, caller.gone]));
    caller.cut();
  }

  /** Answers false when the simulator ends before. */
  private wait(timeMs: number): Promise<boolean> {
    return pause(timeMs, this.closing.signal);
  }

  /**
   * That a call can answer code 0 with a payment that failed was observed at `subscribe/payments/again`, which is not
   * rebuilt here; a client that reads only the code can be shown its mistake with any call.
   */
  private failedPayment(fault: Fault, { impUids, merchantUids }: CallSubject): GatewayReply {
    const known = this.parts.payments.find(impUids[0] ?? '')?.payment;
    const ids = { imp_uid: impUids[0] ?? null, merchant_uid: merchantUids[0] ?? null };
    const response = { ...(known ?? ids), status: 'failed', fail_reason: fault.message };
    return { httpStatus: 200, code: 0, message: null, response };
  }
}

function finish(caller: CallerConnection, isAnswered: boolean, reply: GatewayReply): boolean {
  if (isAnswered) return caller.answer(reply);
  caller.cut();
  return false;
}

function shown({ httpStatus, code, message }: GatewayReply): {
  http_status: number;
  code: number;
  message: string | null;
} {
  return { http_status: httpStatus, code, message };
}

/** The body of a 5xx is assumed: real ones also come as HTML from a proxy, so a client must not need it. */
function serverError(httpStatus: number): GatewayReply {
  return refusalReply(new GatewayRefusal(httpStatus, -1, '시뮬레이터가 만든 서버 오류입니다.'));
}
