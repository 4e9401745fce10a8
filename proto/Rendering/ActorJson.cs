using System.Text.Encodings.Web;
using System.Text.Json;
using Tallyman.V1;

namespace Tallyman.Rendering;

/// <summary>The part of an alert in JSON that says who is behind the process.</summary>
internal static class ActorJson
{
    public static void Write(Utf8JsonWriter json, Process process)
    {
        if (process.Login is Login login)
        {
            json.WriteStartObject("login");
            AlertJson.WriteIfKnown(json, "service", login.Service);
            AlertJson.WriteIfKnown(json, "user", login.User);
            AlertJson.WriteIfKnown(json, "address", login.Address);
            AlertJson.WriteIfKnown(json, "from", login.From);
            json.WriteEndObject();
        }

        if (process.Sudo is SudoCaller sudo)
        {
            json.WriteStartObject("sudo");
            WriteUser(json, sudo.HasUid ? sudo.Uid : null, sudo.User);
            AlertJson.WriteIfKnown(json, "from", sudo.From);
            json.WriteEndObject();
        }

        if (process.Ancestry.Count > 0)
        {
            json.WriteStartArray("ancestry");
            foreach (Ancestor ancestor in process.Ancestry)
            {
                Write(json, ancestor);
            }

            json.WriteEndArray();
        }

        AlertJson.WriteIfKnown(json, "container_runtime", process.ContainerRuntime);
        if (process.Pod is Pod pod)
        {
            json.WriteStartObject("pod");
            AlertJson.WriteIfKnown(json, "namespace", pod.Namespace);
            AlertJson.WriteIfKnown(json, "name", pod.Name);
            AlertJson.WriteIfKnown(json, "uid", pod.Uid);
            AlertJson.WriteIfKnown(json, "qos_class", pod.QosClass);
            json.WriteEndObject();
        }

        AlertJson.WriteIfKnown(json, "unit", process.Unit);
        AlertJson.WriteIfKnown(json, "user_unit", process.UserUnit);
        AlertJson.WriteIfKnown(json, "slice", process.Slice);
        if (process.Missing.Count > 0)
        {
            json.WriteStartObject("missing");
            foreach ((string fact, string reason) in process.Missing.OrderBy(static each => each.Key, StringComparer.Ordinal))
            {
                json.WritePropertyName(JsonEncodedText.Encode(fact, JavaScriptEncoder.Default));
                AlertJson.WriteText(json, reason);
            }

            json.WriteEndObject();
        }
    }

    private static void Write(Utf8JsonWriter json, Ancestor ancestor)
    {
        json.WriteStartObject();
        json.WriteNumber("pid", ancestor.Pid);
        AlertJson.WriteIfKnown(json, "proc", ancestor.Executable);
        AlertJson.WriteIfKnown(json, "comm", ancestor.Comm);
        WriteUser(json, ancestor.HasUid ? ancestor.Uid : null, ancestor.User);
        AlertJson.WriteTime(json, "start", ancestor.Start);
        json.WriteEndObject();
    }

    private static void WriteUser(Utf8JsonWriter json, uint? uid, string user)
    {
        if (uid is uint number)
        {
            json.WriteNumber("uid", number);
        }

        AlertJson.WriteIfKnown(json, "user", user);
    }
}
