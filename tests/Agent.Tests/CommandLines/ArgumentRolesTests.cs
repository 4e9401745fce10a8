using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines;

public class ArgumentRolesTests
{
    [Theory]
    [InlineData("docker run -it -v /:/h alpine sh -c id", "Program CommandWord Flag(tty) Flag(volume) FlagValue(volume@3) Image InnerCommand InnerCommand InnerCommand")]
    [InlineData("docker --context x container exec --privileged web id", "Program Flag(context) FlagValue(context@1) CommandWord CommandWord Flag(privileged) Positional InnerCommand")]
    [InlineData("docker run -e --privileged --nosuchflag=1 alpine", "Program CommandWord Flag(env) FlagValue(env@2) Unread Image")]
    [InlineData("docker run --nosuchflag x alpine", "Program CommandWord Unread Positional Positional")] // x may be the image
    [InlineData("docker run -- alpine -v /:/h", "Program CommandWord Unread Image InnerCommand InnerCommand")]
    [InlineData("kubectl -n x get secrets --output yaml", "Program Flag(namespace) FlagValue(namespace@1) CommandWord Positional Flag(output) FlagValue(output@5)")]
    [InlineData("kubectl exec web -c app -- nsenter -t 1", "Program CommandWord Positional Flag(container) FlagValue(container@3) Unread InnerCommand InnerCommand InnerCommand")]
    [InlineData("docker newverb --privileged x", "Program CommandWord Flag(privileged) Positional")]
    [InlineData("docker-compose run -v /:/h web sh", "Program CommandWord Flag(volume) FlagValue(volume@2) Positional InnerCommand")]
    [InlineData("ctr --address /s run --rm image id sh", "Program Flag(address) FlagValue(address@1) CommandWord Flag(rm) Image Positional InnerCommand")]
    [InlineData("docker", "Program")]
    public void Each_element_is_told_for_what_the_tool_takes_it(string line, string roles)
    {
        Argv argv = Argv.Of([.. ShellWords.Split(line)]);
        Assert.Equal(roles, string.Join(' ', CommandLineReader.Roles(Executables.OfPath(argv[0])!, argv).Select(static reading => reading.Role switch
        {
            ArgumentRole.Flag => $"Flag({reading.Flag})",
            ArgumentRole.FlagValue => $"FlagValue({reading.Flag}@{reading.FlagArg})",
            _ => reading.Role.ToString(),
        })));
    }
}
