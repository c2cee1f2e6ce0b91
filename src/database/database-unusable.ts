import { StartError } from '../config/start-error.js';

/** A fault of the database or its folder that stops the start. */
export class DatabaseUnusable extends StartError {}
