export const wsman = 1;
