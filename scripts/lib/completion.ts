/** Completion of `mm` for shells, made from its own commands, so that it cannot fall behind them. Pure. */
import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];
/** What is completed: of each command its options with what they are, and the words that may follow it. */
export type Completed = {
  readonly name: string;
  readonly about: string;
  readonly options: readonly Flag[];
  readonly words: readonly string[];
};
export type Flag = { readonly flag: string; readonly about: string; readonly takesFile: boolean };

/** `words`: arguments of a closed set, by command. */
export const completedOf = (program: Command, words: Readonly<Record<string, readonly string[]>>): readonly Completed[] =>
  program.commands.map((command) => ({
    name: command.name(),
    about: command.description(),
    options: [...flagsOf(command), { flag: '--help', about: 'what it does, with examples', takesFile: false }],
    words: words[command.name()] ?? command.commands.map((inner) => inner.name()),
  }));

/** Its own, and those of the commands under it. */
function flagsOf({ options, commands }: Command): readonly Flag[] {
  const all = [...options, ...commands.flatMap((inner) => inner.options)].map(flagOf);
  return all.filter(({ flag }, i) => all.findIndex((one) => one.flag === flag) === i);
}

const flagOf = ({ long, description, flags }: Option): Flag => ({
  flag: long ?? '',
  about: description,
  takesFile: /<(file|folder)>/.test(flags),
});

export function completionScript(shell: Shell, commands: readonly Completed[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return zsh(commands);
    case 'fish':
      return fish(commands);
    default:
      throw new Error(`Cannot complete in ${String(shell satisfies never)}`);
  }
}

const flags = ({ options, words }: Completed): string => [...options.map(({ flag }) => flag), ...words].join(' ');
const withFiles = (commands: readonly Completed[]): readonly string[] => [
  ...new Set(commands.flatMap(({ options }) => options.filter(({ takesFile }) => takesFile).map(({ flag }) => flag))),
];

const bash = (commands: readonly Completed[]): string => `# bash completion of mm: source <(scripts/mm completion bash)
_mm() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words
  COMPREPLY=()
  case $before in
    ${withFiles(commands).join('|')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(' ')} --help"
  else
    case \${COMP_WORDS[1]} in
${commands.map((command) => `      ${command.name}) words="${flags(command)}" ;;`).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _mm mm scripts/mm ./scripts/mm
`;

const quoted = (text: string): string => text.replaceAll("'", "'\\''");
const described = (text: string): string => quoted(text.replace(/[[\]:]/g, (letter) => `\\${letter}`));

const zsh = (commands: readonly Completed[]): string => `#compdef mm
# zsh completion of mm: source <(scripts/mm completion zsh)
_mm() {
  local -a commands
  commands=(
${commands.map(({ name, about }) => `    '${name}:${described(about)}'`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case $words[2] in
${commands
  .map(
    ({ name, options, words }) =>
      `    ${name}) _arguments ${options.map(({ flag, about, takesFile }) => `'${flag}[${described(about)}]${takesFile ? ':file:_files' : ''}'`).join(' ')}${words.length > 0 ? ` '*:word:(${words.join(' ')})'` : ''} ;;`,
  )
  .join('\n')}
  esac
}
compdef _mm mm scripts/mm
`;

const fish = (commands: readonly Completed[]): string => `# fish completion of mm: scripts/mm completion fish | source
complete -c mm -f
${commands.map(({ name, about }) => `complete -c mm -n __fish_use_subcommand -a ${name} -d '${quoted(about)}'`).join('\n')}
${commands
  .flatMap(({ name, options, words }) => [
    ...options.map(
      ({ flag, about, takesFile }) =>
        `complete -c mm -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}${takesFile ? ' -r -F' : ''} -d '${quoted(about)}'`,
    ),
    ...words.map((word) => `complete -c mm -n '__fish_seen_subcommand_from ${name}' -a ${word}`),
  ])
  .join('\n')}
`;
