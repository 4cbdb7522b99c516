/** Where one is, and what a prompt needs: Get-Location, Set-Location, prompt; and Tee-Object, which keeps what goes by. */
import type { PsValue } from '../../../wsman/psrp/clixml-types.ts';
import { psArray } from '../../../wsman/psrp/clixml-types.ts';
import { findFolder, resolvePath } from '../../shell/file-system.ts';
import type { Cmdlet, CmdletContext } from '../cmdlet.ts';
import { ScriptError } from '../script-error.ts';
import { textFor } from '../text-for.ts';

const here = 'windeck-lab-location';
/** A variable that makes `prompt` one that does not end. */
export const promptHangs = 'windeck-lab-prompt-hangs';

const placeOf = ({ host, getVariable }: CmdletContext): string => {
  const kept = getVariable(here);
  return kept === null ? `C:\\Users\\${host.user}\\Documents` : textFor(kept);
};

const getLocation: Cmdlet = {
  name: 'Get-Location',
  aliases: ['pwd', 'gl'],
  parameters: [],
  positional: 0,
  async *run(context) {
    yield placeOf(context);
  },
};

const setLocation: Cmdlet = {
  name: 'Set-Location',
  aliases: ['cd', 'sl', 'chdir'],
  parameters: ['Path', 'LiteralPath'],
  positional: 1,
  // biome-ignore lint/correctness/useYield: it puts nothing out
  async *run(context) {
    const typed = context.bound.text('LiteralPath') ?? context.bound.text('Path') ?? '~';
    const path = resolvePath(placeOf(context), typed);
    const folder = path === null ? null : findFolder(context.host.machine, context.host.user, path);
    if (folder === null) {
      await context.report(
        new ScriptError({
          message: `Cannot find path '${path ?? typed}' because it does not exist.`,
          id: 'PathNotFound,Microsoft.PowerShell.Commands.SetLocationCommand',
          category: 'ObjectNotFound',
          activity: 'Set-Location',
        }),
      );
      return;
    }
    context.setVariable(here, folder.path);
  },
};

const prompt: Cmdlet = {
  name: 'prompt',
  parameters: [],
  positional: 0,
  async *run(context) {
    if (context.getVariable(promptHangs) === true) await context.host.pause(3_600_000);
    yield `PS ${placeOf(context)}> `;
  },
};

const teeObject: Cmdlet = {
  name: 'Tee-Object',
  aliases: ['tee'],
  parameters: ['Variable'],
  positional: 0,
  async *run({ bound, input, setVariable }) {
    const kept: PsValue[] = [];
    try {
      for await (const value of input) {
        kept.push(value);
        yield value;
      }
    } finally {
      setVariable(bound.text('Variable') ?? '', kept.length === 1 ? kept[0]! : psArray(kept));
    }
  },
};

export const locationCmdlets: readonly Cmdlet[] = [getLocation, setLocation, prompt, teeObject];
