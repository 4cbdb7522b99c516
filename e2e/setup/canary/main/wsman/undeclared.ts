import scheduler from 'scheduler';
export const undeclared = scheduler;
