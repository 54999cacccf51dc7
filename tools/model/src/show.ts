import { explore, told } from './explore.ts';
import { allRules, ruleNames, RULES, without, type RuleName } from './rules.ts';

/** What goes wrong without a rule, in the fewest steps: `node tools/model/src/show.ts fencedByVersion`. Without a name: that nothing does. */
const isRule = (name: string): name is RuleName => name in RULES;
const [name] = process.argv.slice(2);
const size = { batches: 2, pieces: 1, faults: 2 };
if (name === undefined) console.log(told(explore({ rules: allRules, size })));
else if (isRule(name)) console.log(`Without "${RULES[name].says}" (${RULES[name].file}):\n${told(explore({ rules: without(name), size }))}`);
else {
  console.error(`no rule is called ${name}; there are: ${ruleNames.join(', ')}`);
  process.exitCode = 1;
}
