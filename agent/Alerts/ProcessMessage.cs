using Google.Protobuf.WellKnownTypes;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;
using Tallyman.Rendering;

namespace Tallyman.Agent.Alerts;

/// <summary>The part of an alert's message that says which process it was, and who is behind it.</summary>
internal static class ProcessMessage
{
    private const int TextShown = 1024;

    public static V1.Process Of(ExecEvent exec, Actor actor, Redactions redactions)
    {
        var process = new V1.Process
        {
            Pid = exec.Pid,
            Ppid = exec.ParentPid,
            Uid = exec.Uid,
            Euid = exec.Euid,
            Gid = exec.Gid,
            Executable = redactions.OfPath(exec.Executable.ToString()),
            Filename = exec.FileName == exec.Executable ? "" : redactions.OfPath(exec.FileName.ToString()),
            Comm = redactions.OfPath(exec.Comm.ToString()),
            ParentComm = exec.ParentComm.ToString(),
            Tty = exec.Tty.ToString(),
            Cwd = redactions.OfPath(exec.Directory.ToString()),
            Cgroup = exec.Cgroup.ToString(),
            CgroupId = exec.CgroupId,
            PidNamespace = exec.PidNamespace,
            MountNamespace = exec.MountNamespace,
            UserNamespace = exec.UserNamespace,
            SeenAtStart = exec.SeenAtStart,
            IdentifiedBy = exec.IdentifiedBy.ToString().ToLowerInvariant(),
            User = actor.User ?? "",
            EffectiveUser = actor.EffectiveUser ?? "",
            LoginUser = actor.LoginUser ?? "",
            Container = actor.Container?.Id ?? "",
            ContainerRuntime = actor.Container?.Runtime ?? "",
            Unit = actor.Unit?.Name ?? "",
            UserUnit = actor.Unit?.UserUnit ?? "",
            Slice = actor.Unit?.Slice ?? "",
        };
        if (exec.LoginUid is uint loginUid)
        {
            process.Loginuid = loginUid;
        }

        if (exec.Session is uint session)
        {
            process.Session = session;
        }

        if (actor.Login is Login login)
        {
            process.Login = new V1.Login { Service = login.Service, User = login.User, Address = login.Address, From = login.From };
        }

        if (actor.Sudo is SudoCaller sudo)
        {
            process.Sudo = new V1.SudoCaller { User = sudo.User ?? "", From = sudo.From };
            if (sudo.Uid is uint caller)
            {
                process.Sudo.Uid = caller;
            }
        }

        if (actor.Pod is Pod pod)
        {
            process.Pod = new V1.Pod { Uid = pod.Uid, Namespace = pod.Namespace ?? "", Name = pod.Name ?? "", QosClass = pod.QosClass };
        }

        process.Ancestry.AddRange(actor.Ancestry.Select(ancestor => AncestorOf(ancestor, redactions)));
        process.Missing.Add(actor.Missing);
        return process;
    }

    private static V1.Ancestor AncestorOf(Ancestor ancestor, Redactions redactions)
    {
        var message = new V1.Ancestor
        {
            Pid = ancestor.Pid,
            Start = Timestamp.FromDateTimeOffset(ancestor.Start),
            Executable = redactions.OfPath(SafeText.Shorten(ancestor.Executable.ToString(), TextShown)),
            Comm = redactions.OfPath(ancestor.Comm.ToString()),
            User = ancestor.User ?? "",
        };
        if (ancestor.Uid is uint uid)
        {
            message.Uid = uid;
        }

        return message;
    }
}
