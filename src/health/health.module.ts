import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { IamportModule } from '../iamport/iamport.module.js';
import { Draining } from './draining.js';
import { HealthController } from './health.controller.js';

@Module({ imports: [TerminusModule, IamportModule], controllers: [HealthController], providers: [Draining] })
export class HealthModule {}
