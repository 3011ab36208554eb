interface Deployed {
  /** Where the router was asked whether it is well; absent where nobody could ask. */
  url?: string | undefined;
  /** By which callers are to meet it: `LATEST` or an alias. */
  qualifier: string;
}

/** What of a deploy callers meet now, as far as it is known. */
export function farewell({ url, qualifier }: Deployed): string {
  const sentences = [
    url === undefined
      ? 'Deployed. Nobody asked the router whether it is well and who meets it: no address of it is known here (--router <url>).'
      : 'Deployed.',
    ...(qualifier === 'LATEST' ? [] : [aliasStays(qualifier)]),
    ...(qualifier === 'LATEST' && url !== undefined ? ['All callers meet it.'] : []),
  ];
  return sentences.join(' ');
}

const aliasStays = (alias: string) =>
  `Callers by the alias ${alias} meet what they met before: \`npm run canary -- 10\` gives the new router a share of the calls.`;
