/** Names of the seeded markets a person may ask for. */
import type { FlowProfile } from '../../shared/sim/flow.ts';

export const FLOW_PROFILES: readonly [FlowProfile, ...FlowProfile[]] = ['calm', 'normal', 'fast'];
