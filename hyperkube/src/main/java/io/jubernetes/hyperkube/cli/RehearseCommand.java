package io.jubernetes.hyperkube.cli;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cluster.Rehearsal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `rehearse`: what `./jube build` runs to make the cache of loaded classes that lets a cluster start quickly.
@Command(name = "rehearse", hidden = true, description = "Lets the JVM learn what a start takes.")
public final class RehearseCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "An empty directory for the time of the rehearsal.")
    private Path directory = Path.of("");

    @Override
    public Integer call() throws StartupException, IOException {
        Rehearsal.run(directory, JvmFlags.libraries());
        return 0;
    }
}
