//! What must hold of redemptions: each moved its points as its state says, once, and limits, shops and customers are counted by them.

/// As [`super::CHECKS`].
pub(super) const CHECKS: &[(&str, &str)] = &[
    (
        "every captured redemption moved its points once",
        "SELECT k || ' should have moved ' || CAST(SUM(due) AS TEXT) || ' points and moved ' || CAST(SUM(n) AS TEXT) || ' in ' \
           || CAST(COUNT(*) - SUM(sold) AS TEXT) || ' transfers' AS what FROM (\
           SELECT 'redemption:' || {hex:id} || ':capture' AS k, points AS due, 0 AS n, 1 AS sold FROM redemptions WHERE state IN ('captured', 'voided') \
           UNION ALL SELECT business_key, 0, amount, 0 FROM transfers \
             WHERE reason = 'redemption' AND mode IN ('posted', 'post') AND business_key LIKE 'redemption:%:%') x \
         GROUP BY k HAVING SUM(due) <> SUM(n) OR SUM(sold) <> 1 OR COUNT(*) <> 2",
    ),
    (
        "every voided redemption gave its points back once",
        "SELECT k || ' should have given back ' || CAST(SUM(due) AS TEXT) || ' points and gave ' || CAST(SUM(n) AS TEXT) || ' in ' \
           || CAST(COUNT(*) - SUM(voided) AS TEXT) || ' transfers' AS what FROM (\
           SELECT 'redemption:' || {hex:id} || ':void' AS k, points AS due, 0 AS n, 1 AS voided FROM redemptions WHERE state = 'voided' \
           UNION ALL SELECT v.business_key, 0, CASE WHEN t.debit = v.credit AND t.credit = v.debit THEN v.amount ELSE 0 END, 0 \
             FROM transfers v LEFT JOIN transfers t ON t.id = v.reverses \
             WHERE v.reason = 'reversal' AND v.mode = 'posted' AND v.business_key LIKE 'redemption:%:%') x \
         GROUP BY k HAVING SUM(due) <> SUM(n) OR SUM(voided) <> 1 OR COUNT(*) <> 2",
    ),
    (
        "every redemption has its hold and every hold its redemption",
        "SELECT 'redemption ' || {hex:r.id} || ' is ' || r.state || ' and its hold ' || COALESCE(h.state, 'missing') AS what \
         FROM redemptions r LEFT JOIN holds h ON h.transfer_id = r.hold_id LEFT JOIN transfers t ON t.id = r.hold_id \
         LEFT JOIN merchants m ON m.id = r.merchant_id \
         WHERE h.state IS NULL OR h.state NOT IN (CASE r.state WHEN 'held' THEN 'open' WHEN 'expired' THEN 'open' WHEN 'captured' THEN 'posted' \
             WHEN 'voided' THEN 'posted' ELSE 'voided' END, CASE WHEN r.state IN ('held', 'expired') THEN 'expired' ELSE '' END) \
           OR h.expires_at <> r.expires_at OR h.amount <> r.points OR t.debit <> r.account_id OR COALESCE(t.credit <> m.account_id, 1 = 1) \
           OR t.mode <> 'pending' OR t.reason <> 'redemption' \
         UNION ALL SELECT 'hold ' || {hex:t.id} || ' is of no redemption' FROM transfers t LEFT JOIN redemptions r ON r.hold_id = t.id \
         WHERE t.mode = 'pending' AND t.business_key LIKE 'redemption:%:%' AND r.id IS NULL",
    ),
    (
        "an offer's limits hold what its live redemptions took",
        "SELECT 'counter ' || scope || ' of ' || {hex:subject_id} || ' has ' || CAST(SUM(used) AS TEXT) || ', live redemptions took ' \
           || CAST(SUM(live) AS TEXT) AS what FROM (\
           SELECT scope, subject_id, span, start, used, 0 AS live FROM counters WHERE scope LIKE 'offer:%' OR scope = 'offer-day' \
           UNION ALL SELECT 'offer:' || {hex:offer_id}, resident_id, limit_span, limit_start, 0, 1 FROM redemptions \
             WHERE limit_span IS NOT NULL AND state IN ('held', 'captured') \
           UNION ALL SELECT 'offer-day', offer_id, 'day', day, 0, 1 FROM redemptions WHERE limit_of_day AND state IN ('held', 'captured')) x \
         GROUP BY scope, subject_id, span, start HAVING SUM(used) <> SUM(live)",
    ),
    (
        "each shop's account is what it captured and did not void",
        "SELECT 'shop ' || {hex:shop} || ' has ' || CAST(SUM(n) AS TEXT) || ' points, its redemptions say ' || CAST(SUM(due) AS TEXT) AS what FROM (\
           SELECT m.id AS shop, f.balance AS n, 0 AS due FROM folds f JOIN merchants m ON m.account_id = f.account_id \
           UNION ALL SELECT m.id, t.amount, 0 FROM ledger_queue q JOIN transfers t ON t.id = q.transfer_id JOIN merchants m ON m.account_id = t.credit \
             WHERE t.mode IN ('posted', 'post') \
           UNION ALL SELECT m.id, -t.amount, 0 FROM ledger_queue q JOIN transfers t ON t.id = q.transfer_id JOIN merchants m ON m.account_id = t.debit \
             WHERE t.mode IN ('posted', 'post') \
           UNION ALL SELECT merchant_id, 0, points FROM redemptions WHERE state = 'captured') x \
         GROUP BY shop HAVING SUM(n) <> SUM(due)",
    ),
    (
        "customers of shops are counted by what they bought",
        "SELECT 'customer ' || {hex:resident} || ' of shop ' || {hex:shop} || ' is counted ' || CAST(SUM(kept) AS TEXT) || ' times from day ' \
           || CAST(SUM(kept_first) AS TEXT) || ' and bought ' || CAST(SUM(n) AS TEXT) || ' times from day ' || CAST(SUM(first) AS TEXT) AS what FROM (\
           SELECT merchant_id AS shop, resident_id AS resident, visits AS kept, CASE WHEN visits > 0 THEN first_day ELSE 0 END AS kept_first, \
             0 AS n, 0 AS first FROM merchant_customers \
           UNION ALL SELECT merchant_id, resident_id, 0, 0, COUNT(*), MIN(day) FROM redemptions WHERE state = 'captured' \
             GROUP BY merchant_id, resident_id) x \
         GROUP BY shop, resident HAVING SUM(kept) <> SUM(n) OR SUM(kept_first) <> SUM(first)",
    ),
    (
        "every thanks to a shop is counted",
        "SELECT 'shop ' || {hex:m.id} || ' counts ' || CAST(m.thanks_count AS TEXT) || ' thanks and has ' || CAST(COALESCE(x.n, 0) AS TEXT) AS what \
         FROM merchants m LEFT JOIN (SELECT merchant_id, COUNT(*) AS n FROM thanks GROUP BY merchant_id) x ON x.merchant_id = m.id \
         WHERE m.thanks_count <> COALESCE(x.n, 0)",
    ),
];
