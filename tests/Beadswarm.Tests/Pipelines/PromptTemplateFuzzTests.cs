using System.Text;
using Beadswarm.Pipelines;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Pipelines;

/// <summary>Prompt templates with tags that are torn, crossed, nested and endless.</summary>
public sealed class PromptTemplateFuzzTests
{
    static readonly string[] Tokens =
    [
        "{{", "}}", "{N}", "{{agent}}", "{{#feedback}}", "{{/feedback}}", "{{^bead}}", "{{/bead}}", "{{> rules}}",
        "{{> inputs }}",
        "\\{{", "{{bead.title}}", "\n", "{{#", "{{/", "{{ ", " ", "{",
    ];

    static readonly byte[][] Corpus =
    [
        .. FuzzInputs.Of(
            "Agent {{agent}} {N}\n{{#feedback}}\nf: {{feedback}}\n{{/feedback}}\n{{^feedback}}none{{/feedback}}\n",
            "{{> rules}}\n  {{#plan}}  \n{{plan}}{{/plan}}\n",
            "\\{{agent}} { {x} }", ""),
        .. PromptLibrary.Names.Select(name => Encoding.UTF8.GetBytes(PromptLibrary.Shipped(name))),
    ];

    [Fact]
    public Task Any_text_is_a_template_or_its_mistakes_with_their_lines() =>
        new Fuzz<PromptParse>(Corpus, Tokens)
        {
            Read = input => PromptTemplate.Parse("x.md", input.Text),
            Refused = parse =>
                parse is PromptParse.Invalid invalid ? invalid.Errors.MaxBy(error => error.Length) : null,
            Holds = (input, parse) =>
            {
                if (parse is PromptParse.Invalid invalid)
                {
                    Assert.InRange(invalid.Errors.Count, 1, PromptTemplate.ErrorsMax);
                    Assert.All(invalid.Errors, error => Assert.Matches(@"^(x\.md|part \w+):\d+: ", error));
                }
                else if (parse is PromptParse.Parsed { Template: var template })
                {
                    var text = template.Render(PromptTemplateTests.First);
                    const int valuesMax = PromptTemplate.PlacesMax * PromptValues.ValueCharactersMax;
                    Assert.InRange(text.Length, 0, input.Text.Length + valuesMax);
                    Assert.Equal(text, template.Render(PromptTemplateTests.First));
                }
            },
            Count = 3000,
            AllocatedPerByteMax = 1024,
        }.RunAsync();

    [Fact]
    public void A_template_with_more_places_than_a_prompt_can_hold_is_refused()
    {
        var template = string.Concat(Enumerable.Repeat("{{bead.title}}\n", PromptTemplate.PlacesMax));

        Assert.IsType<PromptParse.Parsed>(PromptTemplate.Parse("x.md", template));
        Assert.Equal(
            [$"x.md:{PromptTemplate.PlacesMax + 1}: more than {PromptTemplate.PlacesMax} places for values"],
            Assert.IsType<PromptParse.Invalid>(PromptTemplate.Parse("x.md", template + "{N}\n{{nonsense}}")).Errors);
    }
}
