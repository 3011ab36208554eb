import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '#shared/errors.ts';
import { GO_TEMPLATES } from '#shared/fixtures/go-templates.ts';
import { thrownBy } from '#shared/fixtures/streams.ts';
import { checkTemplate } from './check-template.ts';
import { namesIn, thinkingTagsOf } from './template-facts.ts';

describe('a template', () => {
  it.each(Object.entries(GO_TEMPLATES))('such as %s is taken', (_, template) => {
    expect(() => checkTemplate(template)).not.toThrow();
  });

  it.each([
    ['{{ .Prompt }}{{ if .System }}', 'line 1: {{ if }} has no {{ end }}'],
    ['{{ .Prompt }}\n{{ end }}', 'line 2: unexpected {{ end }}'],
    ['{{ else }}', 'unexpected {{ else }}'],
    ['{{ if .System }}a{{ else }}b{{ else }}c{{ end }}', '{{ else }} stands twice'],
    ['{{ if }}{{ end }}', '{{ if }} says nothing'],
    ['{{ }}', 'an action is empty'],
    ['{{ .Prompt', 'the template ends in an action'],
    ['{{ .Prompt }', 'unexpected "}" in an action'],
    ['{{ "a }}', 'unexpected "\\"" in an action'],
    ['{{/* a }}', 'a comment is not closed'],
    ['{{ .Content }}', 'Ollama fills in no .Content there'],
    ['{{ range .Messages }}{{ $.Role }}{{ end }}', 'Ollama fills in no .Role there'],
    ['{{ eq (len .Messages 1 }}', 'parentheses do not match'],
    ['{{ upper .Prompt }}', 'function "upper" is not defined'],
    ['{{ $last }}', 'undefined variable "$last"'],
    ['{{ if .System }}{{ $a := 1 }}{{ end }}{{ $a }}', 'undefined variable "$a"'],
    ['{{ break }}', 'unexpected {{ break }}'],
    [`${'{{ if .System }}'.repeat(100)}${'{{ end }}'.repeat(100)}`, 'more than 64 blocks'],
  ])('such as %j is refused', (template, problem) => {
    const error = thrownBy(() => checkTemplate(template));

    expect(error).toMatchObject({ failure: 'invalid_request', param: 'template' });
    expect((error as GatewayError).message).toContain(problem);
  });

  it.each([
    '{{/* a note */}}{{ .Prompt }}',
    '{{- /* a note */ -}}{{ .Prompt }}',
    '{{ with .System }}{{ .Anything }}{{ else }}{{ .Prompt }}{{ end }}',
    '{{ define "turn" }}{{ .Role }}{{ end }}{{ range .Messages }}{{ template "turn" . }}{{ end }}',
    '{{ range .Messages }}{{ if eq .Role "tool" }}{{ continue }}{{ else if .Content }}{{ .Content }}{{ end }}{{ end }}',
    '{{ "}}" }}{{ `{{` }}{{ printf "%s" (json .Tools) | len }}{{ (index .Messages 0).Content }}',
  ])('may use %s', (template) => {
    expect(() => checkTemplate(template)).not.toThrow();
  });

  it('is refused or taken, whatever its characters', () => {
    const pieces = fc.constantFrom(
      '{{',
      '}}',
      '-',
      ' ',
      '/*',
      '*/',
      '"',
      '`',
      'if',
      'end',
      'else',
      '.System',
      '$x',
      ':=',
      '(',
      'é',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        try {
          checkTemplate(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('what a template says of its model', () => {
  it.each([
    ['chatml', [], undefined],
    ['llama3', ['tools', 'toolcalls'], undefined],
    ['deepseekR1', ['isthinkset', 'think'], { opening: '<think>', closing: '</think>' }],
    ['qwen3', ['tools', 'isthinkset'], { opening: '<think>', closing: '</think>' }],
    ['fillIn', ['suffix'], undefined],
  ] as const)('is read from that of %s', (model, names, tags) => {
    const nodes = checkTemplate(GO_TEMPLATES[model]);

    expect([...namesIn(nodes)]).toEqual(expect.arrayContaining([...names]));
    expect(thinkingTagsOf(nodes)).toEqual(tags);
  });
});
