import { dirOption, examples, type CommandFile, type DirOption } from '../command.ts';
import { columnsOf, paintOut } from '../view/terminal.ts';
import { limitOption } from './limit-option.ts';
import { operationsClient } from './operations-client.ts';

type AuditOptions = DirOption & Readonly<{ operation?: string; limit: number; json?: boolean }>;
type Entry = Readonly<{ id: number; at: string; runId: string; operation: string; apply: boolean; act: string; who: string; why: string; detail: { result?: { summary: string }; problem?: { message: string } } | null }>;

export const auditCommand: CommandFile = (program, context) => {
  program
    .command('audit')
    .description('who had what done, when, why, and with what result; the newest first')
    .option('--operation <name>', 'of one operation only')
    .option(...limitOption(50))
    .option('--json', 'as JSON, with all detail')
    .option(...dirOption)
    .addHelpText('after', examples('audit', 'audit --operation rebuild --json'))
    .action(async ({ operation, limit, json, ...options }: AuditOptions) => {
      const asked = new URLSearchParams({ limit: String(limit), ...(operation && { operation }) });
      const { entries } = await (await operationsClient(context, options)).get<{ entries: readonly Entry[] }>(`/v1/audit?${asked}`);
      if (json) return context.terminal.out(`${JSON.stringify(entries)}\n`);
      if (entries.length === 0) return context.terminal.err('Nothing was done yet.\n');
      const head = ['AT', 'WHO', 'OPERATION', '', 'WHAT', 'WHY', 'RESULT'].map((title) => paintOut('dim', title));
      context.terminal.out(`${columnsOf([head, ...entries.map(({ at, who, operation: name, apply, act, why, detail }) =>
        [at.slice(0, 19), who, name, apply ? 'apply' : 'dry run', act, why, detail?.result?.summary ?? detail?.problem?.message ?? ''])])}\n`);
    });
};
