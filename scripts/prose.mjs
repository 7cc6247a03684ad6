// Fails on turns of phrase that make our English hard to read, and says what to write instead. Run it as
// `pnpm lint:prose`, or as `node scripts/prose.mjs <folder or file>...` for a part.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** What is looked for, and what to write. CONTRIBUTING.md has the words, too. */
const rules = [
  [/(?<!\bthere )\bis none\b/, 'say what the thing is: "there is no X", "X is missing"'],
  [
    /\b(?:token|key|scope|client|request|error|one|server|value)s? of (?:before|now|then|today)\b/,
    '"previous", "current", "next"',
  ],
  [/, also (?:if|of|when|where|for|in|with)\b/, '"even if", "including", "as well"'],
  [
    /(?:^|[.;:,(] |\bfor |\bto |\bby )[Ww]ho (?:is|has|can|gets|asks|knows|wants|may|must|does)\b/,
    '"anyone who", "a client that"',
  ],
  [
    /\bnot good\b|\bgood (?:any ?more|for longer)\b|\b(?:is|are|stays?) good (?:for|until|again)\b/,
    '"valid", "invalid", "expired", "revoked"',
  ],
  [/\bAnswers\b/, '"Returns" for functions, "Responds" for servers'],
  [/\b(?:is|are|was|were|be|been) answered\b/, 'functions return, servers respond'],
  [/\bstrangers?\b/i, '"unapproved client", "another site"'],
  [/\bnobody (?:listens|called|vouches)\b/i, 'name the thing: "no listener"'],
  [/\b(?:any more|anymore)\b/, '"no longer"'],
  [/\b(?:mis)?spelt\b|\blearnt\b/, 'American spelling: -ed'],
  [/\b\w*(?:[bB]ehaviour|[hH]onour|[cC]olour|[fF]avour|[lL]icence|[cC]entre)\w*\b/, 'American spelling'],
  [
    /\b(?:[aA]uthori|[rR]ecogni|[nN]ormali|[sS]eriali|[mM]inimi|[oO]ptimi|[uU]tili|[cC]ustomi|[iI]nitiali|[sS]ummari)s(?:e[ds]?|ing|ation)\b/,
    'American spelling: -ize',
  ],
]

/** Files whose words are not ours or are generated, and this list itself. */
const exempt = [
  /^scripts\/prose\.mjs$/,
  /^CONTRIBUTING\.md$/,
  /^LICENSE/,
  /\/api\/.*\.api\.md$/,
  /^docs\/reference\/(?:compliance\.md|api\/)/,
  /^docs\/compliance\.md$/,
]

const given = process.argv.slice(2)
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...given], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /\.(?:ts|mjs|md|yml)$/.test(file) && !exempt.some((pattern) => pattern.test(file)))

const found = files.flatMap((file) => {
  const lines = readLines(file)
  return lines.flatMap((line, at) =>
    rules
      .filter(([pattern]) => pattern.test(line))
      .map(([pattern, instead]) => `${file}:${at + 1}: ${pattern.exec(line)?.[0].trim()} -> ${instead}`),
  )
})

if (found.length > 0) {
  console.error(found.join('\n'))
  console.error(`\nprose: ${found.length} to rewrite`)
  process.exit(1)
}
console.log(`prose: ${files.length} files`)

/** A file that was deleted and is not committed yet has no lines. */
function readLines(file) {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}
