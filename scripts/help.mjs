// Imported second by every script: whoever asks for its use waits for no installation and starts nothing.
import { showUsageWhenAsked } from './usage.mjs';

showUsageWhenAsked();
