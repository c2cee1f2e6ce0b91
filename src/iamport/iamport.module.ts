import { Module } from '@nestjs/common';
import { IamportClient } from './iamport-client.js';

@Module({ providers: [IamportClient], exports: [IamportClient] })
export class IamportModule {}
