import type { ApolloServerPlugin } from '@apollo/server';
import { getVariableValues, GraphQLError, type OperationDefinitionNode } from 'graphql';
import { ErrorCode } from '../refusal/error-code.js';
import { Refusal } from '../refusal/refusal.js';
import type { GraphqlContext } from './context.js';
import { COST_MAX, costOf, type SentOperation } from './cost.js';
import { REFUSED_AS_A_WHOLE, refusalError } from '../door/errors.js';
import { languageOf } from '../door/language.js';

/** Costs that are kept of one operation: one for each set of values that matter. */
const KNOWN_COSTS_MAX = 100;

class TooCostly extends Refusal {
  readonly code = ErrorCode.GRAPHQL_VALIDATION_FAILED;
  override readonly details: Readonly<Record<string, number>>;

  constructor(cost: number) {
    const isCounted = Number.isFinite(cost);
    super({
      ko:
        `이 요청의 비용(cost)은 ${isCounted ? cost : '다 셀 수 없을 만큼 큰 값'}이고 한도는 ${COST_MAX}입니다. ` +
        'first를 줄이거나 필요한 필드만 고르거나 여러 요청으로 나누어 주세요.',
      en:
        `The cost of this request is ${isCounted ? cost : 'too large to be counted'}, and the limit is ${COST_MAX}. ` +
        'Ask for smaller pages (`first`) or fewer fields, or make several requests of it.',
    });
    this.details = { ...(isCounted && { cost }), maxCost: COST_MAX };
  }
}

/** Refuses a request that costs more than COST_MAX, before anything of it runs. */
export function costLimit(): ApolloServerPlugin<GraphqlContext> {
  const knownCosts = new WeakMap<OperationDefinitionNode, Map<string, number>>();

  /** Apollo keeps a document that comes again, so most costs were counted before. */
  function costOfKnown(sent: SentOperation): number {
    let costs = knownCosts.get(sent.operation);
    if (!costs) knownCosts.set(sent.operation, (costs = new Map()));
    const values = valuesThatMatter(sent);
    const known = costs.get(values);
    if (known !== undefined) return known;
    const cost = costOf(sent);
    if (costs.size >= KNOWN_COSTS_MAX) costs.clear();
    costs.set(values, cost);
    return cost;
  }

  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, request, contextValue }) {
          // A name that names no operation: execution says so.
          if (!operation) return;
          const sent = { schema, document, operation, variables: request.variables ?? {} };
          let cost: number;
          try {
            cost = costOfKnown(sent);
          } catch (error) {
            if (!(error instanceof GraphQLError)) throw error;
            // Execution names all variables that do not fit, and then runs nothing.
            if (variablesFit(sent)) throw misfit(error);
            return;
          }
          if (cost > COST_MAX) {
            throw refusalError(new TooCostly(cost), languageOf(contextValue.req), REFUSED_AS_A_WHOLE);
          }
        },
      };
    },
  };
}

/** A cost depends on numbers (`first`) and switches (`@include`), and of all others on whether they are there. */
function valuesThatMatter({ operation: { variableDefinitions = [] }, variables }: SentOperation): string {
  const values = variableDefinitions.map(({ variable: { name } }) => {
    const value = Object.hasOwn(variables, name.value) ? variables[name.value] : undefined;
    return typeof value === 'string' || (typeof value === 'object' && value !== null)
      ? 'given'
      : String(value);
  });
  return values.join();
}

function variablesFit({ schema, operation, variables }: SentOperation): boolean {
  return !getVariableValues(schema, operation.variableDefinitions ?? [], variables).errors;
}

/** For example null where the argument has a default and the variable has none. */
function misfit({ message, nodes }: GraphQLError): GraphQLError {
  return new GraphQLError(message, {
    nodes,
    extensions: { code: ErrorCode.BAD_USER_INPUT, ...REFUSED_AS_A_WHOLE },
  });
}
