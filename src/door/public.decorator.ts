import { SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = 'isPublic';

/** Opens a resolver or route to callers without an access token. Every other door is closed. */
export const Public = () => SetMetadata(IS_PUBLIC, true);
