/// Service accounts: the `default` one in every namespace, and the tokens of secrets made for them by hand.
@NullMarked
package io.jubernetes.controllermanager.serviceaccount;

import org.jspecify.annotations.NullMarked;
