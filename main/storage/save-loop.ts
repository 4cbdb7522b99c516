/** For the kill -9 test: saves one more machine again and again, and says so on a line once it is saved. */
import { openInventory } from './inventory.ts';
import { someMachine } from './some-machine.ts';

const [folder, from] = process.argv.slice(2);
const inventory = await openInventory(folder!);
for (let i = Number(from); i < Number(from) + 5000; i++) {
  await inventory.update((old) => ({ ...old, machines: new Map(old.machines).set(`m${i}`, someMachine(`srv${i}`)) }));
  process.stdout.write(`${i}\n`);
}
