package io.jubernetes.controllermanager;

import java.util.List;
import java.util.Optional;

/// One line in a list of controllers.
///
/// @param name as in `--controllers`
/// @param alias an older name that is taken too
/// @param account the service account it may act as, empty for the manager itself
public record ControllerEntry(String name, String alias, String account, boolean onByDefault, Maker maker) {
    /// Makes a controller; empty when the settings leave it nothing to do.
    @FunctionalInterface
    public interface Maker {
        Optional<Controller> make(String name, ControllerContext context);
    }

    /// Makes a controller that always has something to do.
    @FunctionalInterface
    public interface PlainMaker {
        Controller make(String name, ControllerContext context);
    }

    /// A controller that is on by default.
    public static ControllerEntry of(String name, String alias, String account, PlainMaker maker) {
        return new ControllerEntry(name, alias, account, true, (n, context) -> Optional.of(maker.make(n, context)));
    }

    boolean isEnabled(ControllerSettings settings) {
        return settings.isEnabled(name, List.of(alias), onByDefault);
    }
}
