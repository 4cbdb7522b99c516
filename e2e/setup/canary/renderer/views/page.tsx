import { connect } from '../host/connect.ts';
import { wsman } from '../../main/wsman/index.ts';
export const page = [connect, wsman];
