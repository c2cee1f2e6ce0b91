import { Inject } from '@nestjs/common';

/** Token of the data source of the points. A host's app may have others, under whichever tokens. */
export const DATA_SOURCE = Symbol('POINTS_DATA_SOURCE');

export const InjectDataSource = () => Inject(DATA_SOURCE);
